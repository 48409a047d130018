"""Markdown that alerts cannot break out of.

Labels and annotations come from whatever exports metrics: nothing in them may become a link, an
image, a mention, HTML or a heading. DingTalk and WeCom document no way to escape, so the
characters that make markup are replaced by their full-width look-alikes there, which no renderer
takes for markup; Feishu documents HTML entities. A URL loses its scheme's `://` everywhere, since
clients make links of bare URLs too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Marks in full width: U+FF01 to U+FF5E mirror ASCII.
LOOK_ALIKES: Mapping[int, str] = MappingProxyType(
    {ord(mark): chr(ord(mark) + 0xFEE0) for mark in "<>[]@*`\\&#"}
)

# https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-components/content-components/rich-text
ENTITIES: Mapping[int, str] = MappingProxyType(
    {ord(mark): f"&#{ord(mark)};" for mark in "<>[]()@*`\\&#|~!$_"}
)

# Control characters, and those that hide text or turn its direction.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
_SCHEME = re.compile(r":(?=//)")
_WEB = re.compile(r"\b(www)\.(?=\w)", re.IGNORECASE)


def plain(untrusted: str, longest: int) -> str:
    """One line of readable text of at most so many characters, not safe as markdown yet."""
    text = _UNSEEN.sub(" ", untrusted).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def inert(text: str) -> str:
    """The text without URLs that a client would make a link of."""
    return _WEB.sub("\\1\uff0e", _SCHEME.sub("\uff1a", text))


@dataclass(frozen=True)
class Markup:
    """How one robot marks text up.

    Attributes:
        escapes: replacement by character.
        quote: how a quoted line begins.
        newline: what ends a line.
    """

    escapes: Mapping[int, str]
    quote: str
    newline: str

    def text(self, untrusted: str, longest: int = 200) -> str:
        """Untrusted text, safe at any place of a line."""
        return inert(plain(untrusted, longest)).translate(self.escapes)

    def bold(self, safe: str) -> str:
        return f"**{safe}**"

    def link(self, label: str, url: str) -> str:
        """A link to a URL that `links` has let through."""
        return f"[{label}]({url})"
