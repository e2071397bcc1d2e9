"""docs/datasets.md says what the row types say, and each column says what it means."""

from datasets_registry.cards.documented import PAGE, page
from datasets_registry.rows.types import ROW_TYPES


def test_the_page_is_what_the_row_types_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m datasets_registry.cards.documented"


def test_every_column_says_what_it_means() -> None:
    bare = [
        f"{name}.{column}"
        for name, row in ROW_TYPES.items()
        for column, field in row.model_fields.items()
        if not field.description
    ]
    assert bare == []
