"""docs/checks.md says what the table of checks says."""

from quality.checks.documented import PAGE, page


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m quality.checks.documented"
