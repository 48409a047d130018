"""Load on a model through the gateway, and what came of it."""
