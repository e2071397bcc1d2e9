"""Calls of models with a price are counted in dollars ahead, at half where they go by batch."""

from pathlib import Path

import pytest

from assets.cli.planning.plan import priced
from assets.estimates.prices import Priced, prices_of
from assets.graph import build_graph
from assets.profile.profile import load_profile
from datasets_registry.registry import Registry
from tests.assets.small import write_profile

JUDGE = """
[models.judge]
backend = "openai"
engine = {{ base_url = "http://127.0.0.1:9/v1", served_model = "judge-1"{batch} }}
price = {{ prompt = 1.0, completion = 4.0{share} }}
"""


@pytest.fixture
def plain(tmp_path: Path, tiny_model: Path) -> str:
    """A profile whose judge is hosted."""
    text = write_profile(tmp_path, tiny_model).read_text()
    for old, new in (
        ('judges = ["base_policy"]', 'judges = ["judge"]'),
        ("max_outside_probability = 1.0", 'verdicts = "text"\nreasoning_tokens = 50'),
        ('calibration = "identical"\n', ""),
    ):
        text = text.replace(old, new)
    return text


def counted(folder: Path, registry: Registry, text: str) -> dict[str, Priced]:
    """What the assets of a profile cost at most."""
    path = folder / "priced.toml"
    path.write_text(text)
    graph = build_graph(load_profile(str(path)))
    return prices_of(graph.profile, graph.declared, registry)


def test_calls_by_batch_cost_half_unless_the_price_says_otherwise(
    plain: str, tmp_path: Path, registry: Registry
) -> None:
    free = JUDGE.format(batch="", share="").replace("price = ", "# ")
    assert counted(tmp_path, registry, plain + free) == {}
    directly, by_batch, dear, few = (
        counted(tmp_path, registry, plain + JUDGE.format(batch=batch, share=share))["ai_judgements"]
        for batch, share in (
            ("", ""),
            (", batch_from = 2", ""),
            (", batch_from = 2", ", batch = 0.75"),
            (", batch_from = 1000000", ""),
        )
    )
    assert directly.usd > 0 and directly.by_batch == 0 and few == directly
    assert by_batch.by_batch == by_batch.usd == pytest.approx(directly.usd / 2)
    assert dear.usd == pytest.approx(directly.usd * 0.75)


def test_a_plan_says_what_goes_by_batch() -> None:
    assert priced(Priced(4.2, 4.0))["costs"] == "at most $4.20, $4.00 of it by batch"
    assert priced(Priced(4.2, 0.0))["costs"] == "at most $4.20" and priced(None)["costs"] == ""
