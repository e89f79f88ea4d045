"""The queue benchmark: what a place costs at 1,000 and at 1,000,000 waiting, and what leaving does.

Two databases are filled through Parley's own ledger, each with one community whose queue has one of the lengths. Both
have the same grounds to estimate waits from. A server runs on each, side by side, and they take turns: create, ask for
a place in the middle, leave from the middle by closing and by being taken. Nothing in Parley counts the queue again,
neither when it starts nor now and then; that is what killing it shows.
"""
