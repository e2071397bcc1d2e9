"""The first page in Chromium: it opens by the printed address, and nothing complains."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.studio.browser.conftest import ServedStudio
from tests.traced import Traced

pytestmark = pytest.mark.browser


def test_the_printed_address_opens_without_complaint(
    chromium: Browser, traced: Traced, serve: Callable[[], ServedStudio]
) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(serve().address)
    assert "token" not in page.url and page.get_by_text("completion_pairs").count()
    assert complaints == []
    page.close()
