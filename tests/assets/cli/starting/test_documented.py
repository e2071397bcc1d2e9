"""docs/profile.md says what the settings' types say, and each key says what it means."""

from assets.cli.starting.documented import PAGE, page


def test_the_page_is_what_the_types_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m assets.cli.starting.documented"


def test_every_key_says_what_it_means() -> None:
    bare = [line for line in page().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert bare == []


def test_types_bounds_and_defaults_are_said() -> None:
    lines = page().splitlines()
    assert "| `temperature` | number, ≥ 0, ≤ 100 |" in "\n".join(lines)
    assert any(line.startswith('| `kind` | "maths" or "exact" or') for line in lines)
    assert any(line.startswith("| `policies` | list of text | `[]` |") for line in lines)
    assert any(line.startswith("| `learning_rate` | number, > 0 | `0.0001` |") for line in lines)
