"""Drift: what the cluster has that the last update of a stack did not write there."""
