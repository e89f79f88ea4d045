"""Random lives of many conversations on a real server, beside a model that was written from the specification alone."""
