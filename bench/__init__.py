"""Every claim of speed, as a command that prints ratios."""
