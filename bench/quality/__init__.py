"""Does a model that is wrong but fast show? `python -m bench.quality`."""
