"""The serving container against the bare model, and against what teams write first."""
