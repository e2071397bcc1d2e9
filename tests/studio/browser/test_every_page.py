"""Every page in Chromium: read by axe, fitted to small screens, walked by keyboard, printed, and exported."""

import re
import socket
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep, SftExample
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import Derivation
from studio.exporting.chosen import chosen
from studio.exporting.exporting import export_pages
from studio.pages.listings import listing_pages
from studio.security import HOST, TOKEN
from studio.server import application
from tests.quality.review.desks import commit_sample, items
from tests.rows import make
from tests.studio.browser.conftest import complaints_of
from tests.studio.evaluations import commit_evaluation
from tests.studio.lines import commit_line
from tests.traced import Traced

pytestmark = pytest.mark.browser
NOTHING = Derivation(code_version="1", settings={}, inputs=())
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SECRET = "let-me-in"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=400, height=800)
KNOWN = {"", "version", "rows", "row", "compare", "evaluation", "flips", "rounds", "distributions", "review"}
KNOWN |= {"oversight", *listing_pages()}
# what hangs on colours and the screen's width
LOOKS = ["color-contrast", "scrollable-region-focusable"]
FINDINGS = """rules => axe.run(document, {resultTypes: ['violations'], preload: false,
    runOnly: rules.length ? rules : undefined}).then(found => found
    .violations.filter(rule => ['serious', 'critical'].includes(rule.impact))
    .map(rule => rule.id + ': ' + rule.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')))"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? []
    : [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .filter(each => !each.parentElement.closest('.wide'))
    .map(each => 'too wide: ' + each.outerHTML.slice(0, 80)).slice(0, 3).concat('too wide')"""


@pytest.fixture(scope="module")
def registry_of_all(history: Traced, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The history, with rows of every page beside it; more than a page of samples."""
    registry = history.copied_to(State(tmp_path_factory.mktemp("looked") / "state")).registry
    one: list[Row] = [
        make(RevisionStep, revision="x" * 300),
        make(StepLabels),
        make(SftExample),
        make(Debate),
        make(AmplifiedAnswer),
        make(OversightFigure, flagged=True, says="judge base_policy chose the first seat"),
    ]
    for row in one:
        registry.record_checks(registry.commit(type(row), [row], NOTHING), [])
    samples = [make(Candidate, f"p{number}") for number in range(30)]
    registry.record_checks(registry.commit(Candidate, samples, NOTHING), [])
    commit_evaluation(registry)
    commit_line(registry)
    commit_sample(registry, items())
    yield registry
    registry.engine.dispose()


@pytest.fixture(scope="module")
def root(registry_of_all: Registry) -> Iterator[str]:
    """Where the studio answers, in this process."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        port = listening.getsockname()[1]
        state = registry_of_all.state
        app = application(lambda: Registry(State(state.root), reads_only=True), SECRET, port)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://{HOST}:{port}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(chromium: Browser, root: str) -> Iterator[Page]:
    """A tab that was let in; axe is put in from outside, which no policy of the page forbids."""
    with chromium.new_context(viewport=WIDE) as context:
        page = context.new_page()
        page.goto(f"{root}/?{TOKEN}={SECRET}")
        yield page


def addresses(page: Page, root: str) -> dict[str, str]:
    """An address of every page that is linked from the first or a version's, by the page's name."""

    def links(address: str) -> list[str]:
        text = page.request.get(f"{root}{address}").text()
        return list(map(unescape, re.findall(r'<a [^>]*?href="(/[^"]*)"', text)))

    found = {"": "/", "version": "/version/preference_pairs@3"}
    for leading in dict.fromkeys(links("/")):
        for link in [leading, *(links(leading) if leading.startswith("/version/") else [])]:
            name = link.split("/")[1]
            # such as flips, of which these few rows have none
            if name not in found and page.request.get(f"{root}{link}").ok:
                found[name] = link
    found["row"] = next(link for link in links(found["pairs"]) if link.startswith("/row/"))
    return {**found, "a model": "/version/dpo_policy", "a search": f"{found['pairs']}?text=yes"}


def findings(page: Page) -> list[str]:
    """What is wrong with the page that is open, with all that is folded shown."""
    page.evaluate("() => document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(AXE)
    found = list(page.evaluate(FINDINGS, []))
    page.set_viewport_size(NARROW)
    found += page.evaluate(TOO_WIDE)
    page.emulate_media(color_scheme="dark")
    found += [f"dark and narrow, {finding}" for finding in page.evaluate(FINDINGS, LOOKS)]
    page.emulate_media(color_scheme="light", media="print")
    found += [f"printed: {name}" for name in ("form", "footer") if page.locator(f"{name}:visible").count()]
    page.emulate_media(media="screen")
    page.set_viewport_size(WIDE)
    return found


def test_every_page_can_be_read_by_everybody(page: Page, root: str) -> None:
    complaints = complaints_of(page)
    pages = addresses(page, root)
    assert pages.keys() >= KNOWN
    wrong = []
    for address in pages.values():
        page.goto(f"{root}{address}")
        wrong += [f"{address}: {finding}" for finding in (*findings(page), *complaints)]
        complaints.clear()
    assert not wrong, "\n".join(wrong)


def test_pages_are_walked_by_keyboard(page: Page, root: str) -> None:
    page.goto(f"{root}/samples/candidates")
    shown = "() => getComputedStyle(document.activeElement).outlineStyle"
    place = "() => [...document.querySelectorAll('.entry')].indexOf(document.activeElement.closest('.entry'))"
    for key, entry in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate(place) == entry and page.evaluate(shown) == "solid"
    page.keyboard.press("/")
    page.keyboard.type("jo")
    assert page.locator("input[type=search]").input_value() == "jo" and page.evaluate(shown) == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate(shown) == "solid"
    with page.expect_navigation():
        page.keyboard.press("n")
    assert "after=" in page.url
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("o")
    assert "/row/candidates" in page.url
    with page.expect_navigation():
        page.keyboard.press("h")
    assert page.url == f"{root}/"


def test_an_export_opens_from_the_disk(chromium: Browser, registry_of_all: Registry, tmp_path: Path) -> None:
    registry, out = registry_of_all, tmp_path / "out"
    selection = chosen(registry, ["pairs/preference_pairs@3?label=a", "version/preference_pairs@3"])
    export_pages(registry, lambda: Registry(State(registry.state.root), reads_only=True), selection, out, 5)
    with chromium.new_context(viewport=WIDE) as context:
        page = context.new_page()
        complaints, requests = complaints_of(page), list[str]()
        page.on("request", lambda request: requests.append(request.url))
        page.goto((out / "index.html").as_uri())
        page.get_by_role("link", name="pairs/preference_pairs@3").click()
        page.get_by_role("link", name="preference_pairs@3").click()
        assert page.url == (out / "version-preference_pairs-3.html").as_uri()
        # the style is taken
        assert page.evaluate("() => getComputedStyle(document.querySelector('.top')).display") == "flex"
        assert findings(page) == [] == complaints
        assert all(request.startswith((out.as_uri(), "data:")) for request in requests)
