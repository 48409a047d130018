"""What counts as a mutant, and how its change is told."""

from __future__ import annotations

import pytest

from tests.mutation.mutants import mutants


def changes(source: str) -> list[str]:
    return [mutant.change for mutant in mutants(source, "m.py")]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = a < b", ["x = [a < b -> a <= b]", "x = [a < b -> a > b]"]),
        ("x = a in b", ["x = [a in b -> a not in b]"]),
        ("x = a + b", ["x = [a + b -> a - b]"]),
        ("x += y", ["[x += y -> x -= y]"]),
        ("x = a and b", ["x = [a and b -> a or b]", "x = [a and b -> b]", "x = [a and b -> a]"]),
        ("x = not a", ["x = [not a -> a]"]),
        ("x = 3", ["x = [3 -> 4]", "x = [3 -> 2]"]),
        ("x = 0.5", ["x = [0.5 -> 0.625]", "x = [0.5 -> 0.4]"]),
        ("x = 0.0", ["x = [0.0 -> 1.0]"]),
        ("x = True", ["x = [True -> False]"]),
        ("x = max(a, b)", ["x = [max -> min](a, b)"]),
        ("x = a if b else c", ["x = a if [b -> not b] else c"]),
        ("x = [a for a in b if c]", ["x = [a for a in b if [c -> not c]]"]),
    ],
)
def test_one_node_changes_at_a_time(source: str, told: list[str]) -> None:
    assert changes(source) == told


def test_each_statement_that_is_not_the_last_return_goes_once() -> None:
    source = "def f(x):\n    if x:\n        return y\n    g(x)\n    return x"
    assert changes(source) == [
        "[if x: -> pass]",
        "if [x -> not x]:",
        "[return y -> pass]",
        "[g(x) -> pass]",
    ]


def test_an_assignment_goes_where_the_name_has_another_value() -> None:
    assert changes("def f(x):\n    y = x\n    y = g(y)\n    return y") == ["[y = g(y) -> pass]"]


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring 1 < 2."""',
        "def f(x: int | None) -> int | None:\n    return x",
        "@dataclass(frozen=True)\nclass A:\n    x: int | str",
        "if TYPE_CHECKING:\n    x = 1",
        "def f(x):\n    assert x > 0\n    return x",
    ],
)
def test_what_says_nothing_of_behaviour_stays(source: str) -> None:
    assert changes(source) == []


def test_a_mutant_knows_where_it_is_and_is_the_whole_module() -> None:
    (mutant,) = mutants("x = a\n\nclass A:\n    def f(self):\n        return not x", "m.py")
    assert (mutant.line, mutant.place) == (5, "m.py:A.f")
    assert mutant.source == "x = a\n\nclass A:\n\n    def f(self):\n        return x"


@pytest.mark.parametrize("condition", ["not b", "b is c", "b == c", "b in c"])
def test_a_condition_is_negated_once(condition: str) -> None:
    assert len(changes(f"x = a if {condition} else c")) == 1
