"""Tables of what was found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.judge.exact import interval
from bench.judge.limit import limit
from bench.judge.scenarios import Scenario
from bench.judge.trials import Found

Results = Sequence[tuple[Scenario, Mapping[str, Found]]]

_OURS, _ALONE = "ours", "ours, errors alone"


def tables(results: Results) -> str:
    """Three tables: delays of faults, needless roll-backs, wrong promotions."""
    parts: list[tuple[str, Sequence[str], list[list[str]]]] = [
        ("fault: minutes to roll-back (missed)", ("limit", "times the limit", "errors alone"), []),
        ("as good as stable: rolled back", ("promoted",), []),
        ("bad, as stable is: promoted", (), []),
    ]
    for scenario, found in results:
        place = ("fault", "sound", "bad").index(scenario.truth)
        judges = {name: each for name, each in found.items() if name != _ALONE}
        parts[place][2].append(
            [
                scenario.name,
                *_extra(scenario, found),
                *(_shown(scenario, each) for each in judges.values()),
            ]
        )
    names = [name for name in results[0][1] if name != _ALONE]
    shown = [_markdown((title, *extra, *names), rows) for title, extra, rows in parts if rows]
    return "\n\n".join(shown)


def line(scenario: Scenario, found: Mapping[str, Found]) -> str:
    """A scenario in a line, for those who wait."""
    ours = found[_OURS]
    ends = ", ".join(f"{ours.count(each)} {each}" for each in ("rollback", "hold", "promote"))
    extra = " ".join(cell for cell in _extra(scenario, found) if cell)
    return f"{scenario.name}: {_shown(scenario, ours)} [{extra}] {ends}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _shown(scenario: Scenario, found: Found) -> str:
    match scenario.truth:
        case "fault":
            return _delay(found)
        case "sound":
            return _share(found.count("rollback"), len(found.outcomes))
        case "bad":
            return _share(found.count("promote"), len(found.outcomes))


def _extra(scenario: Scenario, found: Mapping[str, Found]) -> Iterator[str]:
    if scenario.truth == "fault":
        least = limit(scenario)
        yield "" if least is None else f"{least / 60:.2f}"
        for name in (_OURS, _ALONE):
            multiple = found[name].multiple()
            about = name == _OURS or scenario.name.startswith("errors")
            yield f"{multiple:.1f}" if about and multiple is not None else ""
    elif scenario.truth == "sound":
        ours = found[_OURS]
        yield f"{ours.count('promote') / len(ours.outcomes):.0%}"


def _delay(found: Found) -> str:
    delay, of = found.delay(), len(found.outcomes)
    late = of - found.count("rollback")
    wrong = [f"{late / of:.0%}"] if late else []
    wrong += [f"{found.early() / of:.0%} too early"] if found.early() else []
    shown = [] if delay is None else [f"{delay / 60:.2f}"]
    return " ".join([*shown, *([f"({', '.join(wrong)})"] if wrong else [])])


def _share(count: int, of: int) -> str:
    low, high = interval(count, of)
    return f"{count / of:.1%} ({low:.1%} to {high:.1%})"
