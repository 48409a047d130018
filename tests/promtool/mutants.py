"""Rules with one thing changed: a number, an operator, a label, a duration, a name.

A suite that still passes with a mutant does not test what the mutant changed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.promtool.run import Rules, family

_TOKEN = re.compile(
    r"""
    (?P<string>"[^"]*")
    | (?P<duration>\d+[smhd](?:\d+[smhd])*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[a-zA-Z_][\w:]*)
    | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/<>=])
    | (?P<other>[(){}\[\],:])
    """,
    re.VERBOSE,
)
_OPERATORS = {
    **{">": (">=", "<"), ">=": (">", "<"), "<": ("<=", ">"), "<=": ("<", ">")},
    **{"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "==": ("!=",)},
    **{"=": ("!=",), "!=": ("=",), "=~": ("!~",), "!~": ("=~",)},
}
_WORDS = {
    **{"and": ("or", "unless"), "or": ("and", "unless"), "unless": ("or", "and")},
    **{"sum": ("max", "avg"), "max": ("min", "sum"), "min": ("max", "avg"), "count": ("sum",)},
    **{"avg_over_time": ("max_over_time",), "max_over_time": ("min_over_time",)},
    **{"min_over_time": ("max_over_time",), "sum_over_time": ("avg_over_time",)},
    **{"rate": ("increase", "irate"), "increase": ("rate",), "sqrt": ("abs",)},
    **{"clamp_min": ("clamp_max",), "quantile": ("max",), "on": ("ignoring",)},
    **{"ignoring": ("on",), "by": ("without",)},
}
_LISTS = frozenset({"by", "on", "ignoring", "group_left"})
_KEPT = frozenset({"without", "offset", "time", "vector", "absent", "label_replace"})


@dataclass(frozen=True)
class Mutant:
    """A rule file with one change.

    place: group and rule that were changed, by position; `rule` is the latter's name.
    """

    family: str
    rule: str
    change: str
    place: tuple[int, int]
    mutated: dict[str, Any]

    def applied(self, rule_file: Rules) -> Rules:
        """The rule file with the change."""
        group, position = self.place
        groups = list(rule_file["groups"])
        changed = list(groups[group]["rules"])
        changed[position] = self.mutated
        groups[group] = {**groups[group], "rules": changed}
        return {"groups": groups}


def mutants(rule_file: Rules) -> Iterator[Mutant]:
    """Every mutant of every rule."""
    for g, group in enumerate(rule_file["groups"]):
        for r, rule in enumerate(group["rules"]):
            name = rule.get("alert") or rule["record"]
            for change, mutated in _of_rule(rule):
                yield Mutant(family(group), name, change, (g, r), mutated)


def _of_rule(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for change, expr in _of_expression(rule["expr"]):
        yield change, {**rule, "expr": expr}
    for key in ("alert", "record"):
        if key in rule:
            yield f"{key}: another name", {**rule, key: rule[key] + "_x"}
    for key in ("for", "keep_firing_for"):
        for other in _durations(rule[key]) if key in rule else ():
            yield f"{key}: {rule[key]} -> {other}", {**rule, key: other}
        if key in rule:
            yield f"{key}: none", {each: rule[each] for each in rule if each != key}
    for key in ("labels", "annotations"):
        for label, value in rule.get(key, {}).items():
            changed = copy.deepcopy(rule)
            changed[key][label] = value + "x"
            yield f"{key}: {label} has another value", changed
            changed = copy.deepcopy(rule)
            del changed[key][label]
            yield f"{key}: no {label}", changed


def _of_expression(expr: str) -> Iterator[tuple[str, str]]:
    tokens = list(_TOKEN.finditer(expr))
    for at, token in enumerate(tokens):
        for other in _others(tokens, at):
            changed = f"{expr[: token.start()]}{other}{expr[token.end() :]}"
            before, after = expr[: token.start()][-24:], expr[token.end() :][:24]
            yield f"…{before}[{token.group()} -> {other}]{after}…".replace("\n", " "), changed
    for start, end in _removable(expr):
        changed = expr[:start] + expr[end:]
        yield f"…{expr[:start][-24:]}[no {expr[start:end]}]…".replace("\n", " "), changed


def _others(tokens: list[re.Match[str]], at: int) -> tuple[str, ...]:
    """What may stand in a token's place."""
    token = tokens[at]
    text = token.group()
    match token.lastgroup:
        case "number":
            number = float(text)
            others = (number * 1.25, number * 0.8) if number else (1.0,)
            return tuple(f"{each:.12g}" for each in others)
        case "duration":
            return _durations(text)
        case "string":
            return (f'"{text[1:-1]}x"',)
        case "operator":
            return _OPERATORS[text]
        case "word" if text in _WORDS:
            return _WORDS[text]
        case "word" if text not in _LISTS | _KEPT and not _is_label(tokens, at):
            # A metric, or a function that is not listed above.
            called = at + 1 < len(tokens) and tokens[at + 1].group() == "("
            return () if called else (f"{text}_x",)
    return ()


def _is_label(tokens: list[re.Match[str]], at: int) -> bool:
    following = tokens[at + 1].group() if at + 1 < len(tokens) else ""
    if following in ("=", "!=", "=~", "!~"):
        return True
    before = at
    while before and tokens[before - 1].group() in "," or tokens[before - 1].lastgroup == "word":
        before -= 1
    return before > 1 and tokens[before - 1].group() == "(" and tokens[before - 2].group() in _LISTS


def _removable(expr: str) -> Iterator[tuple[int, int]]:
    """Where labels of lists and matchers stand, each with its comma."""
    for found in re.finditer(r"(?:by|on|ignoring|group_left) \(([^)]*)\)|\{([^}]*)\}", expr):
        inside = found.start(1) if found.group(1) is not None else found.start(2)
        text = found.group(1) if found.group(1) is not None else found.group(2)
        for each in re.finditer(r'[\w]+(?:[=!~]+"[^"]*")?', text):
            start, end = each.span()
            comma = re.match(r",\s*", text[end:])
            if comma:
                end += comma.end()
            else:
                start -= len(text[:start]) - len(text[:start].rstrip(", "))
            yield inside + start, inside + end


def _durations(duration: str) -> tuple[str, ...]:
    """A fifth longer, and a fifth shorter."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    seconds = sum(int(n) * units[u] for n, u in re.findall(r"(\d+)([smhd])", duration))
    return tuple(f"{round(seconds * factor / 15) * 15}s" for factor in (1.2, 0.8))
