"""The memory: append-only events of runs, and what follows from them."""
