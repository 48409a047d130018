"""The status page of rollouts."""
