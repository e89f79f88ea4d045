"""The edge that speaks HTTP: parse, submit, render. Statuses and headers are nowhere else."""
