"""The page of scores in Chromium: nothing leaves it or comes alive, and marks stand where their spans do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api as playwright

from chipstance.model import Document, Span
from chipstance.score_input import System
from chromium import started
from example_page import gold_of, hostile_page, page

TEXT = "Ada said: “Open looms are free, and the old curbs hurt the mill,” " * 6
OUTER, INNER, CROSSING = (10, 390), (30, 60), (50, 80)

PLACES = """([start, end]) => {
    const nodes = document.createTreeWalker(document.querySelector(".whole"), NodeFilter.SHOW_TEXT), boxes = []
    let at = 0
    while (nodes.nextNode()) {
        const node = nodes.currentNode, range = document.createRange(), length = node.data.length
        if (node.parentElement.closest(".sign")) continue
        const from = Math.max(start - at, 0), to = Math.min(end - at, length)
        at += length
        if (from >= to) continue
        range.setStart(node, from)
        range.setEnd(node, to)
        boxes.push(...range.getClientRects())
    }
    return boxes.filter(box => box.width).map(box => [box.left, box.right])
}"""
BOXES = """marks => marks.map(mark => Array.from(mark.getClientRects()).filter(box => box.width))
    .flat().map(box => [box.left, box.top, box.right, box.bottom])"""
Box = list[float]


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with started() as found:
        yield found


class Opened:
    """A page, and everything that it asked for, logged or raised."""

    def __init__(self, browser: playwright.Browser, path: Path, content: str, width: int = 1200) -> None:
        path.write_text(content, "utf-8")
        self.page = browser.new_page(viewport={"width": width, "height": 800})
        self.page.set_default_timeout(10_000)
        self.seen: list[str] = []
        self.page.on("request", lambda request: self.seen.append(request.url))
        self.page.on("console", lambda message: self.seen.append(message.text))
        self.page.on("pageerror", lambda error: self.seen.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.goto(path.as_uri())
        assert self.seen == [path.as_uri()]

    def _dialog(self, dialog: playwright.Dialog) -> None:
        self.seen.append(dialog.message)
        dialog.dismiss()

    def boxes(self, selector: str) -> list[Box]:
        return [list(box) for box in self.page.locator(f".whole {selector}").evaluate_all(BOXES)]


@pytest.fixture
def hostile(browser: playwright.Browser, tmp_path: Path) -> Iterator[Opened]:
    opened = Opened(browser, tmp_path / "a page.html", hostile_page())
    yield opened
    opened.page.close()


def test_a_hostile_page_is_quiet_and_can_be_walked_through(hostile: Opened) -> None:
    page, before = hostile.page, list(hostile.seen)
    page.locator("#e19 a", has_text="in the text").click()
    playwright.expect(page.locator("#t19")).to_be_in_viewport()
    page.locator("#k3 > summary").click()
    playwright.expect(page.locator("#e19")).not_to_be_visible()
    page.locator("#t19").click()
    playwright.expect(page.locator("#e19")).to_be_in_viewport()
    assert page.locator("#e19").evaluate("each => each.matches(':target')")
    for link in page.locator("nav a").all():
        link.click()
    assert {url.split("#")[0] for url in hostile.seen} == set(before)


def test_what_gets_in_all_the_same_is_kept_down(hostile: Opened) -> None:
    got = hostile.page.evaluate(
        """async () => {
            const script = document.createElement("script"), image = new Image()
            script.textContent = "window.hit = 1"
            const failed = new Promise(done => {
                image.onerror = () => done("refused")
                image.onload = () => done("in")
            })
            image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
            document.body.append(script, image)
            return [window.hit ?? "no script", await failed]
        }"""
    )
    assert got == ["no script", "refused"]


def test_layers_and_sides_can_be_hidden(hostile: Opened) -> None:
    page = hostile.page
    image = "each => getComputedStyle(each).backgroundImage"
    mark, sign = page.locator(".whole .mark.gold.l0").first, page.locator(".whole .sign.l0").first
    assert "linear-gradient" in mark.evaluate(image)
    for name in ("organization", "gold"):
        box = page.get_by_role("checkbox", name=name, exact=True)
        box.uncheck()
        assert mark.evaluate(image) == "none"
        assert sign.is_visible() == (name == "gold")
        box.check()
    page.get_by_role("checkbox", name="signs of errors").uncheck()
    assert not sign.is_visible()


def test_it_fits_a_narrow_window_the_dark_and_paper(hostile: Opened) -> None:
    page = hostile.page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(background) != light
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#k2").evaluate("each => { each.open = false }")
    hidden = page.locator("#k2 li").first
    assert not hidden.is_visible()
    page.emulate_media(media="print")
    assert (hidden.bounding_box() or {"height": 0})["height"] > 20


def covered(opened: Opened, place: tuple[int, int]) -> list[Box]:
    """Return left and right of each line of a passage."""
    found: list[Box] = opened.page.evaluate(PLACES, list(place))
    return lines([[left, 0, right, 0] for left, right in found])


def lines(boxes: list[Any]) -> list[Box]:
    """Return left and right of boxes side by side, line by line."""
    joined: list[Box] = []
    for left, _, right, _ in boxes:
        if joined and abs(left - joined[-1][1]) < 1:
            joined[-1][1] = right
        else:
            joined.append([left, right])
    return joined


def test_overlapping_marks_stand_over_their_words_and_apart_from_one_another(
    browser: playwright.Browser, tmp_path: Path
) -> None:
    def spans(*places: tuple[int, int]) -> tuple[Span, ...]:
        return tuple(Span(f"s{n}", "cue", a, b, TEXT[a:b]) for n, (a, b) in enumerate(places))

    gold = Document("mill", TEXT, spans(OUTER, INNER, CROSSING))
    found = Document("mill", TEXT, spans(OUTER, INNER, CROSSING))
    content = page(gold_of(gold), System({"mill": found}, (), ()))
    opened = Opened(browser, tmp_path / "overlap.html", content, width=700)
    tracks = {INNER: 0, CROSSING: 1, OUTER: 2}
    for side in ("gold", "predicted"):
        for place, track in tracks.items():
            marks = opened.boxes(f".mark.{side}.t{track}")
            assert lines(marks) == [pytest.approx(line, abs=1) for line in covered(opened, place)]
    assert len(covered(opened, OUTER)) > 3
    edge = {track: opened.boxes(f".mark.gold.t{track}")[0] for track in range(3)}
    outer = next(box for box in opened.boxes(".mark.gold.t2") if box[0] >= edge[0][0] - 1)
    assert edge[0][1] - edge[1][1] == pytest.approx(6, abs=1)
    assert edge[1][1] - outer[1] == pytest.approx(6, abs=1)
    below = [opened.boxes(f".mark.predicted.t{track}")[0][3] for track in range(2)]
    assert below[1] - below[0] == pytest.approx(6, abs=1)
    rows = sorted({(round(box[1]), round(box[3])) for box in opened.boxes(".mark.t2")})
    assert all(one[1] <= other[0] + 1 for one, other in pairwise(rows))
    opened.page.close()
