"""A measured table between two marks of a document."""

from __future__ import annotations

from pathlib import Path

_BEGIN, _END = "<!-- bench.quality -->", "<!-- end of bench.quality -->"


def put(table: str, document: Path) -> None:
    """Replaces what stands between the marks.

    Raises:
        ValueError: the document has not both marks, once each.
    """
    text = document.read_text(encoding="utf-8")
    if text.count(_BEGIN) != 1 or text.count(_END) != 1:
        raise ValueError(f"{document} needs the lines {_BEGIN} and {_END}, once each")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    document.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")
