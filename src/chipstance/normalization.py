"""The normalized form of a text, in which a quotation and its source are compared, with the way back to offsets."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache

Place = tuple[int, int]
"""First code point of a passage and one past its last."""

QUOTES = "\"'`´‘’‚‛“”„‟‹›«»′″「」『』"
DASHES = "-‐‑‒–—―−⁃﹘﹣－"


MARKUP = re.compile(
    r"(?<![\w*])(\*{1,3}|_{1,3}|~~)(?=\S)(?P<emphasis>.{1,400}?)(?<=\S)\1(?![\w*])"
    r"|\[(?P<link>[^\[\]\n]+)\]\([^()\s]*\)|</?(?:b|i|u|em|strong|mark|q|p|br|span)\b[^<>]*>"
    r"|(?:^|(?<=\n))[ \t]*(?:>+|[-*•]|\#+|\d+[.)])[ \t]+",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrt])|([\"'\\/$&%#*_~!.()\[\]-]))")


class NormalForm:
    """A text's normalized form, with the way back.

    Args:
        text: the text.
        bare: whether white space, and accents and other marks of letters, are left out.

    Attributes:
        text: the normalized text.
    """

    def __init__(self, text: str, *, bare: bool = False) -> None:
        kept = list(_tidied(each for each in _pieces(text) if not (bare and (each[0] == " " or is_mark(each[0])))))
        self.text = "".join(char for char, _, _ in kept)
        self._extents = [(start, end) for _, start, end in kept]

    def parts(self, index: int) -> bool:
        """Tell whether the text can be parted before this place: not inside what one code point gave."""
        return index in (0, len(self._extents)) or self._extents[index - 1] != self._extents[index]

    def place(self, start: int, end: int) -> Place:
        """Return where a passage of the normalized text, not empty, stands in the text."""
        return self._extents[start][0], self._extents[end - 1][1]


def normalize(text: str) -> str:
    """Return a text's normalized form.

    Compatibility decomposition and full case folding; every quotation mark is ``'`` and every dash ``-``, and a run of
    one of them is one; a run of white space is one space, none beside a dash or at the edges; invisible code points
    (soft hyphen, zero width, direction, variation selectors) are left out.
    """
    return NormalForm(text).text


def unmarked(text: str) -> str:
    """Return a text without what HTML, JSON and Markdown put into it: entities, tags, escapes, emphasis, bullets.

    UTF-8 that was read as Windows-1252 is read again.
    """
    with suppress(UnicodeError):
        text = text.encode("cp1252").decode()
    text = ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " " if found[2] else found[3], text)
    text = html.unescape(text)
    return MARKUP.sub(lambda found: found["emphasis"] or found["link"] or " ", text).strip()


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield every code point of the folded text, with the extent of the character that gave it."""
    for match in re.finditer(r"\s|\S[^\x00-\x7f]*", text):
        at = match.start()
        for cluster in _clusters(match.group()):
            for char in _folded(cluster):
                yield char, at, at + len(cluster)
            at += len(cluster)


def _clusters(run: str) -> Iterator[str]:
    """Yield characters with the marks that follow them."""
    start = 0
    for at in range(1, len(run) + 1):
        if at == len(run) or not is_mark(run[at]) or run[start].isspace():
            yield run[start:at]
            start = at


@lru_cache(maxsize=4096)
def _folded(cluster: str) -> str:
    if cluster in QUOTES:
        return "'"
    if cluster in DASHES:
        return "-"
    if cluster.isspace():
        return " "
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", cluster).casefold())
    return "".join(char for char in folded if unicodedata.category(char) != "Cf" and not "\ufe00" <= char <= "\ufe0f")


def _tidied(pieces: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """Leave out repeated quotation marks and dashes, and white space that is repeated, beside a dash or at an edge."""
    last, space = " ", None
    for piece in pieces:
        char = piece[0]
        if char == " ":
            space = space or piece
            continue
        if char == "-" == last or (char == "'" == last and not space):
            space = None if char == "-" else space
            continue
        if space and last not in " -" and char != "-":
            yield space
        yield piece
        last, space = char, None


def is_mark(char: str) -> bool:
    """Tell whether a code point is a mark of the letter before it."""
    return char > "\u02ff" and unicodedata.category(char)[0] == "M"
