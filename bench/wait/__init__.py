"""The wait benchmark: how far each formula's expected wait is from what then happens.

A simulated team serves a first-come queue for a day (`scenarios.py`, `day.py`). Everybody who has to wait asks every
formula on joining (`formulas.py`), which sees nothing but what such a system knows then (`seen.py`). Their answers are
held against the wait that follows (`scores.py`). All of it is decided by the seeds: two runs write the same bytes.
"""
