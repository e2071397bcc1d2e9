"""The first page in Chromium: it opens by the printed address, and nothing complains."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.studio.browser.conftest import ServedStudio, complaints_of
from tests.traced import Traced

pytestmark = pytest.mark.browser


def test_the_printed_address_opens_without_complaint(
    chromium: Browser, traced: Traced, serve: Callable[[], ServedStudio]
) -> None:
    page = chromium.new_page()
    complaints = complaints_of(page)
    page.goto(serve().address)
    assert "token" not in page.url and page.get_by_text("completion_pairs").count()
    assert complaints == []
    page.close()
