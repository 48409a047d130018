"""The whole story of a release on this machine, told by the commands that make it."""
