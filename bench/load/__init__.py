"""Load on a serving container: when requests are sent, what comes back, and whether it is right."""
