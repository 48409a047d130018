"""A real control plane over nodes that are only objects: what schedules is real, nothing runs."""
