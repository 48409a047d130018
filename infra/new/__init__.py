"""New environments and new models, as text that the checks of the configuration have passed."""
