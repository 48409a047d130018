"""Which mutes hold for which alerts: Alertmanager mutes routes, so each set of mutes is a route."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.config import Mute


@dataclass(frozen=True)
class Scope:
    """The alerts of some models and of some names; None stands for every one."""

    models: frozenset[str] | None = None
    alerts: frozenset[str] | None = None

    def __and__(self, other: Scope) -> Scope:
        return Scope(_both(self.models, other.models), _both(self.alerts, other.alerts))

    def is_within(self, other: Scope) -> bool:
        """Whether every alert of this scope is one of the other."""
        return self & other == self

    @property
    def is_empty(self) -> bool:
        return frozenset() in (self.models, self.alerts)

    @property
    def matchers(self) -> list[str]:
        """The scope as matchers of a route."""
        named = (("model", self.models), ("alertname", self.alerts))
        return [f'{label}=~"{"|".join(sorted(names))}"' for label, names in named if names]


def muted_scopes(mutes: Mapping[str, Mute], models: Iterable[str]) -> list[tuple[Scope, list[str]]]:
    """Scopes with the names of all mutes that hold in them; the first that fits an alert counts.

    `models` are those whose alerts come here at all. The scopes are the mutes' own and all that two
    of them share, and so on. Of two scopes that fit an alert, the one with more mutes comes first:
    it is what all mutes of that alert share, and so has every one of them.
    """
    here = Scope(frozenset(models))
    own = {name: Scope(_named(mute.models), _named(mute.alerts)) for name, mute in mutes.items()}
    scopes = {Scope()}
    for scope in own.values():
        scopes |= {both for each in scopes if not (both := each & scope).is_empty}
    held = [
        (scope, [name for name, mute in own.items() if scope.is_within(mute)])
        for scope in scopes
        if scope.models is None or not (scope & here).is_empty
    ]
    return sorted(held, key=lambda each: (-len(each[1]), each[0].matchers))


def _named(names: tuple[str, ...]) -> frozenset[str] | None:
    return frozenset(names) or None


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
