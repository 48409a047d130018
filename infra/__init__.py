"""The infrastructure of a model release, as code: what `pulumi up` creates and what it refuses."""
