"""The benchmarks: `python -m bench` runs them all, `python -m bench create` one of them."""
