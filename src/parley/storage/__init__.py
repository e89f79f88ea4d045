"""Where it is kept. The only place with SQL and database drivers."""
