"""What is wrong where a text stops being JSON, recognized by what stands there, and how to mend it."""

from __future__ import annotations

import re
from typing import NamedTuple

CONFLICT = re.compile(r"^(<{7}|\|{7}|={7}|>{7})(?: |\r?$)", re.MULTILINE)
"""A line that a version control system writes where two versions of a text differ; the first begins with ``<``."""
UNMERGED = "a merge conflict: keep one side, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>"
UNMERGED_MIDDLE = "the middle of a merge conflict: keep one side, and remove this line"
UNMERGED_END = "the end of a merge conflict: keep one side, and remove this line"
_UNMERGED = {"<": UNMERGED, "|": UNMERGED_MIDDLE, "=": UNMERGED_MIDDLE, ">": UNMERGED_END}

_TOKEN = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*+("?)|[{}\[\]]')
_BLANK = " \t\r\n"


class Slip(NamedTuple):
    """What can be met where a text stops being JSON.

    Attributes:
        inside: the brackets that may be open there; empty where none may; None for whatever is open.
        after: a pattern of the character before it, white space aside; empty for the beginning; None for any.
        here: a pattern of what stands there.
        mend: the message.
        before: whether the character before it is what is to be mended.
    """

    inside: str | None
    after: str | None
    here: str
    mend: str
    before: bool = False


class Place(NamedTuple):
    """A place in a text that is JSON so far.

    Attributes:
        at: its offset.
        opened: offsets of the brackets that are open.
        string: offset of the string in which it lies, or of the last one before it; -1 for none.
        within: whether it lies in that string.
    """

    at: int
    opened: list[int]
    string: int
    within: bool


FILES = (
    (r"\s*<(?!<{6})", "this is HTML or XML: fetch the file itself, not the page that shows it"),
    (r"version https://git-lfs", "this only points to a file in Git LFS: fetch the file itself, by git lfs pull"),
)
"""What stands in place of JSON, by its beginning."""

SEPARATOR = "\x1e"
"""Begins each value of a JSON text sequence (RFC 7464)."""
ENDS = "\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
"""What others take for the end of a line, and JSON Lines do not."""
COMMA = "a comma too many: remove it"
QUOTED = 'the string that begins at {string} ends here: write \\" for a quotation mark in it, or add what is missing'
CUT_OFF = "it ends while {opened} is open: fetch or save it again if it is cut off, or close what is open"

SLIPS = (
    Slip(None, None, r"//|/\*|#", "JSON has no comments: remove it"),
    Slip(None, None, r"```", "this marks JSON in another text: keep what stands between such lines"),
    Slip(None, None, r"[`'´‘-‟«»\uff02\uff07]", 'keys and strings stand in straight double quotes: write " for {here}'),
    Slip(None, None, r"[\uff0c\uff1a\uff3b\uff3d\uff5b\uff5d]", "a wide sign stands here: write the plain one of JSON"),
    Slip(None, None, r"\0", "a NUL stands here: save the file as UTF-8, or fetch it again if it is damaged"),
    Slip(None, None, "\ufeff", "a byte order mark stands here: remove it"),
    Slip("", r"[\]}]", rf"[{ENDS}]\s*[\[{{]", "{another}"),
    Slip(None, None, SEPARATOR, "a record separator (U+001E) stands here: remove it"),
    Slip(None, None, r"[^\S \t\r\n]|[\u200b-\u200f\u2060]", "this is no white space of JSON: write a plain space"),
    Slip("{[", None, r"\w*\Z", CUT_OFF),
    Slip("{[", ",", r"[\]}]", COMMA, before=True),
    Slip("{", None, r"\]", "{opened} is open: write }} before this, or remove it"),
    Slip("[", None, r"\}", "{opened} is open: write ] before this, or remove it"),
    Slip("{", ":", r"[,}]", "the key has no value: write one, or remove the key"),
    Slip("", None, r"[\]}]", "a bracket too many: remove it"),
    Slip("", r"[^\[{]", r",\s*\Z", COMMA),
    Slip("", r"[\]}]", r"[\[{,]", "{another}"),
    Slip("", '"', r":", "this is the middle of a JSON value: in JSON Lines, write all of it on one line"),
    Slip("", "", r".", "no JSON begins like this: begin with {{ or ["),
    Slip("{", ",", r"\d[\d.]*\s*[,}]", "a key, in double quotes, is due here: a number has no comma in it"),
    Slip("{", r"[{,]", r"[^\W_][\w$.-]*|[_$][\w$.-]*", 'keys stand in double quotes: write "{here}"'),
    Slip("{[", '"', r'(?<=")[^\s,:=;\]}]', QUOTED),
    Slip(None, None, r"[-+.]?[^\D0-9]", "digits of another script stand here: write the digits 0 to 9"),
    Slip(None, None, r"(?<=[\d.])[\w.]|\+\d|\.\d|-(?!\d)|[−–]", "numbers are written like 12, -0.5 or 1e6: mend it"),
    Slip("{[", None, r"(?i:true|false)\b", "JSON writes it in lower case: true or false"),
    Slip("{[", None, r"(?i:null|none|undefined|nil|nan|inf|infinity)\b", "this is no value of JSON: write null"),
    Slip("{[", None, r"[^\W\d]\w*", 'text stands in double quotes: write "{here}"'),
    Slip("{[", r"[\[{,:]", r",", "a comma too many, or no value before it: remove it, or write the value"),
    Slip("{", '"', r"=>?", "write a colon for {here}"),
    Slip("{[", None, r";", "write a comma for ;"),
    Slip("[", '"', r":", "a list has no keys: write {{ and }} around key and value, or a comma for the colon"),
)
"""The first that fits holds."""

STRING_SLIPS = (
    (r"\0", "a NUL stands in the string: save the file as UTF-8, or fetch it again if it is damaged"),
    (r"\t", "a tab stands in the string: write \\t"),
    (r"[\x01-\x09\x0b\x0c\x0e-\x1f]", "a control character stands in the string: remove it, or write an escape"),
    (r"\\'", "this is no escape of JSON: write ' alone"),
    (r"\\.", "this is no escape of JSON: write two backslashes for one"),
)
"""The same in a string."""
ENDLESS = "the string that begins here has no end: add the quotation mark, or fetch or save it again if it is cut off"
ENDLESS_LINE = "the string that begins here has no end: add the quotation mark, or write \\n for a line break in it"

SAID = {
    "Expecting ':'": "add a colon and a value",
    "Expecting ','": "add a comma, or close what is open",
    "Expecting property name": "write a key in double quotes, or remove the comma before it",
    "Expecting value": "write a value, or remove the comma before it",
}
"""What is told where no slip fits, by what Python says."""


def other_file(text: str) -> str:
    """Return what stands in place of JSON where a text begins as it does; empty where it does not."""
    return next((mend for pattern, mend in FILES if re.match(pattern, text)), "")


def slip(text: str, at: int, said: str, *, line: bool = False, alone: bool = False) -> tuple[str, int]:
    """Return what is wrong with a text that is no JSON, with the mend, and the offset where.

    Args:
        text: the text.
        at: offset at which Python stops reading it.
        said: what Python says.
        line: whether it is a line of JSON Lines.
        alone: whether it is a file of which there is no other form with many values.
    """
    if not text.strip():
        return "nothing stands here: " + ("remove the empty line, or write a value" if line else "write a value"), 0
    conflict = CONFLICT.search(text)
    if conflict and (line or conflict[1].startswith("<")):
        return _UNMERGED[text[conflict.start()]], conflict.start()
    if beginning := other_file(text):
        return beginning, 0
    # some versions of Python stop at the comma, others at the bracket after it
    place = _place(text, at + said.startswith("Illegal trailing comma"))
    return _in_string(text, place) if place.within else _outside(text, place, said, line=line, alone=alone)


def _place(text: str, at: int) -> Place:
    opened: list[int] = []
    string = -1
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        if start < at < end:  # where an escape is wrong, or after it
            return Place(max(text.rfind("\\", start, at + 1), start), opened, start, within=True)
        if found[1] == "" and start <= at:
            return Place(end, opened, start, within=True)
        if start >= at:
            break
        if found[1]:
            string = start
        elif found[0] in "{[":
            opened.append(start)
        else:
            del opened[-1:]
    return Place(at + len(text[at:]) - len(text[at:].lstrip(_BLANK)), opened, string, within=False)


def is_open(text: str) -> bool:
    """Tell whether a text that is JSON so far ends inside an object or a list, and in no string."""
    place = _place(text, len(text))
    return bool(place.opened) and not place.within


def _in_string(text: str, place: Place) -> tuple[str, int]:
    here = text[place.at : place.at + 2]
    mend = next((mend for pattern, mend in STRING_SLIPS if re.match(pattern, here, re.DOTALL)), None)
    return (mend, place.at) if mend else (ENDLESS_LINE if here.strip("\\") else ENDLESS, place.string)


def _outside(text: str, place: Place, said: str, *, line: bool, alone: bool) -> tuple[str, int]:
    before = len(text[: place.at].rstrip(_BLANK)) - 1
    after = text[before] if before >= 0 else ""
    inside = text[place.opened[-1]] if place.opened else ""
    for each in SLIPS:
        fits = each.inside is None or (inside in each.inside if inside else not each.inside)
        found = re.compile(each.here).match(text, place.at) if fits and _follows(each, after) else None
        if found:
            mend = each.mend.format(
                here=found[0][:60],
                opened=f"{inside} at {_where(text, place.opened[-1], line=line)}" if inside else "",
                string=_where(text, place.string, line=line),
                another=_another_on_line(text[before + 1 : place.at + 1]) if line else _ALONE if alone else _ANOTHER,
            )
            return mend, before if each.before else place.at
    return next((mend for start, mend in SAID.items() if said.startswith(start)), "remove what follows"), place.at


_ANOTHER = "a file holds one value: remove this one, or name the file .jsonl if each line holds one"
_ALONE = "a file of this kind holds one JSON value: write all of it as one, or remove this one"
_ON_LINE = "two values on a line: put this one on a line of its own"
_ENDED = "this ends no line of JSON Lines: write \\n in its place"
_RETURNED = "a carriage return alone ends no line: end each line with \\n, as all but very old programs do"


def _another_on_line(between: str) -> str:
    """Return what is wrong with a second value on a line, by what stands between both, and what comes then."""
    return _RETURNED if "\r" in between else _ENDED if re.search(f"[{ENDS}]", between) else _ON_LINE


def _follows(each: Slip, after: str) -> bool:
    return each.after is None or re.fullmatch(each.after, after) is not None


def _where(text: str, offset: int, *, line: bool) -> str:
    """Name a place in a text; a line does not know its number in the file."""
    column = offset - text.rfind("\n", 0, offset)
    return f"column {column}" if line else f"{text.count(chr(10), 0, offset) + 1}:{column}"
