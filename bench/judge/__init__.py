"""The judge beside other judges, on the same simulated releases."""
