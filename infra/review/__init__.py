"""What a change of a stack file means, for whoever reviews it.

The modules are pure: two configurations with their rendered objects in, a `Review` out.
`__main__.py` reads files and prints.
"""

from infra.review.review import Review, Side, Verdict, review

__all__ = ["Review", "Side", "Verdict", "review"]
