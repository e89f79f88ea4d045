"""Following the log: every event once, in order, without a gap; and hearing of other processes' writes."""
