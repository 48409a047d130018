"""The route exporter: what the live routes give each version, as metrics.

A weight lives in the route and nowhere else: not in the rules, so that a release changes one
object, and not in the stack file alone, since a roll-back patches the live route first. Rules
that compare traffic with its weight, or a gateway's slots with versions, join with these series.
"""
