"""A measured table between two marks of a document."""

from __future__ import annotations

from pathlib import Path


def put(bench: str, table: str, document: Path) -> None:
    """Replaces what stands between the marks of a bench, such as `bench.quality`.

    Raises:
        ValueError: the document has not both marks, once each.
    """
    begin, end = f"<!-- {bench} -->", f"<!-- end of {bench} -->"
    text = document.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{document} needs the lines {begin} and {end}, once each")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    document.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
