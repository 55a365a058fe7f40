"""The labeling page, by hand: what a person drags, sets, draws and submits in Chromium is what the pull brings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright import sync_api as playwright

from accounts import accounts_of
from chromium import started
from label_studio_server import Desk

pytestmark = pytest.mark.xdist_group("label-studio")


PLACE_OF = """words => {
    const text = document.querySelector(".lsf-richtext")
    const nodes = text && document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
    while (nodes?.nextNode()) {
        const start = nodes.currentNode.data.indexOf(words)
        if (start < 0) continue
        const range = document.createRange()
        range.setStart(nodes.currentNode, start)
        range.setEnd(nodes.currentNode, start + words.length)
        const boxes = range.getClientRects(), first = boxes[0], last = boxes[boxes.length - 1]
        return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2]
    }
}"""


class LabelingPage:
    """The page of one task, as an annotator uses it."""

    def __init__(self, page: playwright.Page, address: str) -> None:
        self.page = page
        page.set_default_timeout(30_000)
        playwright.expect.set_options(timeout=30_000)
        page.goto(address)
        page.locator(".lsf-richtext", has_text="Brightloom").wait_for()
        page.evaluate("document.fonts.ready.then(() => null)")
        self.regions = 0

    def place(self, words: str) -> list[float]:
        """Return where words begin and end, in pixels; the page may still take its text away and show it anew."""
        place: list[float] = self.page.wait_for_function(PLACE_OF, arg=words).json_value()
        return place

    def label(self, key: str, words: str) -> None:
        """Choose a layer and drag over the words, again if need be: while the page still settles, both can get lost."""
        self.regions += 1
        titles = self.page.locator(".lsf-outliner-item__title")
        for _ in range(8):
            self.choose(key)
            self.drag(words)
            with suppress(AssertionError):
                playwright.expect(titles).to_have_count(self.regions, timeout=4_000)
                return
        pytest.fail(f"dragging over {words!r} makes no region")

    def choose(self, key: str) -> None:
        """Press a layer's key until the page shows it chosen."""
        chosen = self.page.locator(".lsf-label_selected")
        for _ in range(15):
            if chosen.count():
                return
            self.page.keyboard.press(key)
            with suppress(playwright.TimeoutError):
                chosen.wait_for(timeout=2_000)
        pytest.fail(f"the key {key} chooses no layer")

    def drag(self, words: str) -> None:
        left, top, right, bottom = self.place(words)
        mouse = self.page.mouse
        mouse.move(left + 0.5, top)
        mouse.down()
        mouse.move((left + right) / 2, bottom, steps=4)
        mouse.move(right - 0.5, bottom, steps=4)
        mouse.up()

    def click(self, words: str) -> None:
        left, top, _, _ = self.place(words)
        self.page.mouse.click(left + 3, top)

    def select(self, words: str, control: str) -> playwright.Locator:
        """Click a region until the control that only it has is there; return the control."""
        shown = self.page.locator(f"input[name={control}]:visible")
        for _ in range(8):
            self.click(words)
            with suppress(playwright.TimeoutError):
                shown.wait_for(timeout=4_000)
                return shown
        pytest.fail(f"clicking {words!r} does not select its region")

    def submit(self) -> None:
        with self.page.expect_response(lambda reply: "/annotations" in reply.url and reply.request.method == "POST"):
            self.page.get_by_role("button", name="Submit").click()


@pytest.fixture
def page() -> Iterator[playwright.Page]:
    with started() as browser:
        yield browser.new_page(viewport={"width": 1400, "height": 900})


def log_in(page: playwright.Page, desk: Desk, name: str) -> None:
    account = accounts_of(desk.checkout, desk.server.running.url).read()[name]
    page.goto(f"{desk.server.running.url}/user/login/")
    page.fill("input[name=email]", account["email"])
    page.fill("input[name=password]", account["password"])
    with page.expect_navigation():
        page.click("button[type=submit]")


def test_what_is_labelled_in_the_browser_is_what_the_pull_brings(
    desk: Desk, page: playwright.Page, tmp_path: Path
) -> None:
    desk.open("--docs", "mill")
    task = desk.task("mill")
    log_in(page, desk, "ada")
    labeling = LabelingPage(page, f"{desk.server.running.url}/projects/{desk.project.id}/data?task={task['id']}")
    try:
        labeling.label("2", "Ada Quill")  # the text has an emoji before it
        labeling.select("Ada Quill", "speaker-entity").fill("ada-quill")
        page.keyboard.press("Enter")
        page.locator("input[name=name]:visible").check()
        page.keyboard.press("Escape")
        labeling.label("5", "“Open patterns belong to everyone,”")
        labeling.select("“Open patterns", "direct").check()
        page.keyboard.press("Alt+R")
        labeling.click("Ada Quill")
        playwright.expect(page.locator("svg path[marker-end]").first).to_be_attached()
        labeling.submit()
    finally:
        page.screenshot(path=tmp_path / "page.png")

    output = desk.run("pull").output
    assert "1 new" in output, output
    data = json.loads(desk.file("ada", "mill").read_text("utf-8"))
    text = task["data"]["text"]
    statement, speaker = data["spans"]
    assert text.index("🧵") < statement["start"]
    assert (statement["start"], statement["end"]) == (121, 156)
    assert (speaker["start"], speaker["end"]) == (162, 171)
    assert speaker["attributes"] == {"entity": "ada-quill", "mention": "name"}
    linked = {"speaker": speaker["id"], "cue": None, "kind": "direct", "utterance": None}
    assert statement["attributes"] == linked
    assert [text[span["start"] : span["end"]] for span in data["spans"]] == [span["text"] for span in data["spans"]]
