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


@dataclass(frozen=True, eq=False)
class Mutant:
    """A rule file with one change.

    name: of the rule that was changed; model: the one that it is for, empty where it serves all.
    place: its group and the rule, by position.
    """

    family: str
    name: str
    model: str
    change: str
    place: tuple[int, int]
    mutated: dict[str, Any]

    @property
    def rule(self) -> str:
        """The rule's name, and its model."""
        return f'{self.name}{{model="{self.model}"}}' if self.model else self.name

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
            model = rule.get("labels", {}).get("model", "")
            for change, mutated in _of_rule(rule):
                yield Mutant(family(group), name, model, change, (g, r), mutated)


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
    """Changes of single tokens, and labels and matchers left out.

    Where the matchers that choose the models stand at more than one operand of a side of `or`, so
    that each is cheap, one of them would do: they are changed all at once.
    """
    chosen = re.search(r'namespace="[^"]*"(?:,model!?[=~]"[^"]*")?', expr)
    if expr.count('namespace="') <= 1 + len(re.findall(r"\bor\b", expr)):
        chosen = None
    if chosen:
        for change, other in _of_expression(chosen.group()):
            yield f"everywhere {change}", expr.replace(chosen.group(), other)
    tokens = list(_TOKEN.finditer(expr))
    for at, token in enumerate(tokens):
        if not (chosen and _inside(expr, token.span(), chosen.group())):
            for other in _others(tokens, at):
                yield _changed(expr, token.span(), other)
    for span in _removable(expr):
        if not (chosen and _inside(expr, span, chosen.group())):
            yield _changed(expr, span, "")


def _changed(expr: str, span: tuple[int, int], other: str) -> tuple[str, str]:
    start, end = span
    before, after = expr[:start], expr[end:]
    change = f"…{before[-24:]}[{expr[start:end]} -> {other}]{after[:24]}…"
    return " ".join(change.split()), before + other + after


def _inside(expr: str, span: tuple[int, int], part: str) -> bool:
    return any(
        found.start() <= span[0] and span[1] <= found.end() + 1
        for found in re.finditer(re.escape(part), expr)
    )


def _others(tokens: list[re.Match[str]], at: int) -> tuple[str, ...]:
    """What may stand in a token's place."""
    token = tokens[at]
    text = token.group()
    found: tuple[str, ...] = ()
    if token.lastgroup == "number":
        number = float(text)
        factors = (number * 1.25, number * 0.8) if number else (1.0,)
        found = tuple(f"{each:.12g}" for each in factors)
    elif token.lastgroup == "duration":
        found = _durations(text)
    elif token.lastgroup == "string":
        found = (f'"{text[1:-1]}x"',)
    elif token.lastgroup == "operator":
        found = _OPERATORS[text]
    elif token.lastgroup == "word":
        found = _WORDS.get(text, ())
        is_called = at + 1 < len(tokens) and tokens[at + 1].group() == "("
        if not found and text not in _LISTS | _KEPT and not is_called and not _is_label(tokens, at):
            found = (f"{text}_x",)
    return found


def _is_label(tokens: list[re.Match[str]], at: int) -> bool:
    """Whether a word stands before a matcher's operator, or in the list of a clause."""
    if at + 1 < len(tokens) and tokens[at + 1].group() in ("=", "!=", "=~", "!~"):
        return True
    before = at
    while before and (tokens[before - 1].group() == "," or tokens[before - 1].lastgroup == "word"):
        before -= 1
    return before > 1 and tokens[before - 1].group() == "(" and tokens[before - 2].group() in _LISTS


def _removable(expr: str) -> Iterator[tuple[int, int]]:
    """Where labels of lists and matchers stand, each with its comma."""
    lists = r"(?:by|on|ignoring|group_left) \(([^)]*)\)|\{([^}]*)\}|^(\w+=[^()]*)$"
    for found in re.finditer(lists, expr):
        inside = found.start(found.lastindex or 0)
        text = found.group(found.lastindex or 0)
        for each in re.finditer(r'\w+(?:[=!~]+"[^"]*")?', text):
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
