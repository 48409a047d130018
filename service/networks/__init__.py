"""Paddle networks: their files, their devices, and running them. Only workers import this."""
