"""What can be done: one frozen value each, with what it needs loaded (`needs`) and what it decides (`decide`).

Everything here is pure: what an action may know is in the draft, what time it is is given, and new ids are drawn from
a supply that is put back when the action is refused.
"""
