"""Takes the docs' pictures with Chromium, of what the environment names: run by `make pictures`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent
TRIMTAB = (sys.executable, "-m", "assets.cli")
# of the evaluation whose report is shown
MODEL, BASELINE = "lab_policy", "base_policy"
# what the Dagster UI loads after its page
SETTLED_MILLISECONDS = 25_000


class Picture(NamedTuple):
    """A picture: its file's name, the variable that names what it is of, and the page's address and size."""

    name: str
    source: str
    address: str
    width: int
    height: int


# the names with DAGSTER are of addresses where `make dev` answers, the others of state folders
PICTURES = (
    Picture("graph", "DAGSTER", "asset-groups", 1600, 1000),
    Picture("dataset", "DAGSTER", "assets/preference_pairs", 1600, 1400),
    Picture("model", "DAGSTER", "assets/dpo_policy", 1600, 1400),
    Picture("rounds-groups", "LINES_DAGSTER", "asset-groups", 1600, 800),
    Picture("rounds-verdict", "LINES_DAGSTER", "assets/iterative_dpo/round_02/verdict", 1600, 1700),
    Picture("studio-first", "DEMO", "", 1280, 900),
    Picture("studio-version", "DEMO", "version/preference_pairs", 1280, 900),
    Picture("studio-rows", "DEMO", "rows/candidates", 1280, 640),
    Picture("studio-pairs", "DEMO", "pairs/preference_pairs?label=a", 1280, 1000),
    Picture("studio-revisions", "DEMO", "revisions/cai_revisions", 1280, 720),
    Picture("studio-samples", "DEMO", "samples/candidates?accepted=rejected", 1280, 560),
    Picture("studio-steps", "DEMO", "steps/step_labels?error=later", 1280, 640),
    Picture("studio-conversations", "DEMO", "conversations/cai_sft", 1280, 720),
    Picture("studio-distributions", "DEMO", "distributions/preference_pairs", 1060, 1180),
    Picture("studio-row", "DEMO", "row/step_labels?id=008e94f52802", 1280, 640),
    Picture("studio-evaluation", "EVALUATED", "evaluation/evaluation?suite=capability", 1280, 1000),
    Picture("studio-flips", "EVALUATED", "flips/evaluation_differences", 1280, 900),
    Picture("studio-review", "REVIEWED", "review/items/review_sample?reviewer=Ada", 1280, 480),
    Picture("studio-rounds", "LINES", "rounds/iterative_dpo/round_02/verdict", 1280, 1100),
    Picture("studio-compare", "EVALUATED", "compare/evaluation", 1280, 900),
    Picture("studio-trees", "OVERSIGHT", "trees/amplified_answers?level=problems", 1280, 760),
    Picture("studio-debates", "OVERSIGHT", "debates/debates?protocol=debate", 1280, 660),
    Picture("oversight-tree", "OVERSIGHT_DAGSTER", "assets/amplified_answers", 1600, 1480),
    Picture("oversight-debate", "OVERSIGHT_DAGSTER", "assets/debates", 1600, 1400),
)
# `trimtab report` writes its page
REPORT = Picture("report", "EVALUATED", "", 1280, 1600)


def main() -> None:
    """Take every picture whose source is named, and say which are left."""
    sources = {picture.source for picture in PICTURES}
    given = {source: os.environ[source] for source in sorted(sources) if os.environ.get(source)}
    if not given:
        sys.exit(f"nothing is named to take pictures of: set one of {', '.join(sorted(sources))}")
    for source, place in given.items():
        with opened(place) as root:
            take(root, [picture for picture in PICTURES if picture.source == source])
    if REPORT.source in given:
        take_report(given[REPORT.source])
    left = [picture.name for picture in (*PICTURES, REPORT) if picture.source not in given]
    print(f"left as they were: {', '.join(left)}" if left else "all are taken")


@contextmanager
def opened(place: str) -> Iterator[str]:
    """The first page's address, with what lets in; of a state folder, as long as it is looked at."""
    if place.startswith("http"):
        yield place
        return
    command = [*TRIMTAB, "studio", "--port", "0", "--no-browser"]
    environment = {**os.environ, "TRIMTAB_HOME": place}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as studio:
        try:
            line = studio.stdout.readline() if studio.stdout else ""
            if "http" not in line:
                sys.exit(f"no studio opens on {place}")
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            studio.terminate()


def fold_columns(page: Page) -> None:
    """Fold an asset's list of columns, below which its rows stand; the UI keeps it so on the next page."""
    if page.get_by_placeholder("Filter columns").count():
        page.get_by_text("Columns", exact=True).first.click()
        page.wait_for_timeout(1000)


def take_report(state: str) -> None:
    """Take the picture of a report, which is written beside nothing that stays."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        command = [*TRIMTAB, "report", MODEL, "--against", BASELINE, "--out", str(file)]
        subprocess.run(command, check=True, env={**os.environ, "TRIMTAB_HOME": state})
        take(file.as_uri(), [REPORT])


def take(root: str, pictures: list[Picture]) -> None:
    """Take these pictures of the pages under ``root``, an address that is opened first."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(root)
        for picture in pictures:
            page.set_viewport_size({"width": picture.width, "height": picture.height})
            if picture.address:
                page.goto(f"{page.evaluate('origin')}/{picture.address}")
            if "DAGSTER" in picture.source:
                page.wait_for_timeout(SETTLED_MILLISECONDS)
                fold_columns(page)
            # where a state lies is a matter of this machine
            page.evaluate("() => document.querySelectorAll('main .live').forEach(each => each.remove())")
            page.screenshot(path=IMAGES / f"{picture.name}.png")
            print(picture.name)
        browser.close()


if __name__ == "__main__":
    main()
