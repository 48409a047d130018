"""The closed loop: a release that widens on evidence and is taken back within seconds."""
