"""The messages benchmark: adding one, reading a conversation with a hundred, and paging through a million.

Adding and reading are measured beside the baseline, which has the same two calls on the same conversations. The pages
are Parley's alone: a hundred messages out of a conversation of a million against a hundred out of one of a thousand.
"""
