"""Writes HTML: whatever comes from files is escaped, and what can't be seen is made visible."""

from __future__ import annotations

from itertools import groupby

import jinja2
from markupsafe import Markup
from markupsafe import escape as escape_html

from chipstance.report import escape

JOINERS = "\u200c\u200d"


def environment() -> jinja2.Environment:
    """Return the environment of the package's HTML templates.

    Every string that a template writes goes through ``visible``; the filter ``plain`` is for attributes and titles,
    which hold no markup.
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("chipstance"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    made.filters["plain"] = lambda value: escape_html(escape(value))
    return made


def visible(text: str) -> Markup:
    r"""Return a text as HTML, with what can't be seen as escapes.

    Control characters, marks that turn the direction of writing and the like become ``\u202e``; line ends, spaces of
    any width and what holds an emoji or a word together stay.
    """
    if text.isprintable():
        return escape_html(text)
    runs = groupby(zip(f" {text}", text, strict=False), key=lambda pair: _is_seen(*pair))
    written = ((seen, "".join(char for _, char in run)) for seen, run in runs)
    code = Markup('<span class="code">{}</span>')
    return Markup("").join(escape_html(run) if seen else code.format(escape(run)) for seen, run in written)


def _is_seen(before: str, char: str) -> bool:
    if char.isprintable() or char == "\n":
        return True
    if char in JOINERS or "\U000e0020" <= char <= "\U000e007f":
        return before > "\u00ff"
    return char.isspace() and char > "\x9f" and char not in "\u2028\u2029"
