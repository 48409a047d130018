"""Tables of what was found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.exact import interval
from bench.judge.judges import OURS, OURS_ON_ERRORS
from bench.judge.limit import limit
from bench.judge.scenarios import Scenario
from bench.judge.trials import Found, Result


def tables(results: Sequence[Result]) -> str:
    """Three tables: delays of faults, needless roll-backs, wrong promotions."""
    parts: list[tuple[str, Sequence[str], list[list[str]]]] = [
        ("fault: minutes to roll-back (missed)", ("limit", "times the limit", "errors alone"), []),
        ("as good as stable: rolled back", ("promoted",), []),
        ("bad, as stable is: promoted", (), []),
    ]
    names = [name for name in results[0][1] if name != OURS_ON_ERRORS]
    for scenario, found in results:
        place = ("fault", "sound", "bad").index(scenario.truth)
        judged = (_shown(scenario, found[name]) for name in names)
        parts[place][2].append([scenario.name, *_extra(scenario, found), *judged])
    shown = [_markdown((title, *extra, *names), rows) for title, extra, rows in parts if rows]
    return "\n\n".join(shown)


def line(scenario: Scenario, found: Mapping[str, Found]) -> str:
    """A scenario in a line, for those who wait."""
    ours = found[OURS]
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
        for name in (OURS, OURS_ON_ERRORS):
            multiple = found[name].multiple() if name in found else None
            yield "" if multiple is None else f"{multiple:.1f}"
    elif scenario.truth == "sound":
        ours = found[OURS]
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
