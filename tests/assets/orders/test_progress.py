"""One line over a whole build: no time before a twentieth of the work is done."""

import pytest

from assets.orders.progress import Overall, weights


def test_the_line_counts_assets_and_says_no_time_too_early() -> None:
    lines: list[str] = []
    overall = Overall(weights(["prompts", "pairs", "model"], {"pairs": 30.0, "model": 90.0}), lines.append)
    overall.done("prompts")
    overall.done("prompts")
    overall.done("of another run")
    assert len(lines) == 1 and lines[0].startswith("1 of 3 assets") and "left" not in lines[0]
    overall.done("pairs")
    assert overall.line(60) == "2 of 3 assets ━━━━──────────── about 2.7 min left"
    overall.done("model")
    assert overall.line(95) == "3 of 3 assets ━━━━━━━━━━━━━━━━ took 1.6 min"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"pairs": None, "model": None}, {"prompts": 0.05, "pairs": 1, "model": 1}),
        ({"pairs": None, "model": 40.0}, {"prompts": 2, "pairs": 40, "model": 40}),
    ],
)
def test_what_is_not_known_weighs_as_the_usual(
    seconds: dict[str, float | None], expected: dict[str, float]
) -> None:
    assert weights(["prompts", "pairs", "model"], seconds) == pytest.approx(expected)
