"""Parley on PostgreSQL: beside the ORM baseline and `pgbench` on the same server, beside SQLite, and with workers."""
