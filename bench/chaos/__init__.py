"""Releases while the controller and what it stands on are killed and frozen."""
