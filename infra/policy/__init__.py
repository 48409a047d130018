"""Rules that no stack talks its way past: a Pulumi policy pack.

Each rule is a pure function from a resource to what is wrong with it. `__main__.py` hands them to
Pulumi. The pack runs in an environment of its own (`requirements.txt`), so nothing here imports
the rest of the project.
"""
