"""A plan without a card: hours, memory and disk of every model and of generation, for each card's profile."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from assets.estimates.costs import Cost, costs_of
from assets.estimates.measured import FILE, measured
from assets.profile.launch import Card
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile, load_profile
from benchmarks.gpu_check.machine import Card as CheckedCard
from benchmarks.gpu_check.machine import Machine
from benchmarks.gpu_check.part import Bench, Report, Result
from benchmarks.gpu_check.parts.engines import START, rate
from benchmarks.gpu_check.parts.trainers import trained_speed
from benchmarks.gpu_check.sizes import EIGHT_B
from benchmarks.sides.figure import Figure
from datasets_registry.registry import Registry
from generation.models import shapes
from tests.assets.mutations import Place, changed
from tests.assets.profile_fields import small

CARDS = {"gpu": 80, "gpu8": 80, "gpu24": 24}


@pytest.mark.parametrize("title", CARDS)
def test_every_model_of_a_cards_profile_fits_it_and_is_counted(title: str, registry: Registry) -> None:
    profile = load_profile(title)
    costs = costs_of(profile, registry)
    trained = [name for name, section in profile.models.items() if isinstance(section, TrainedModel)]
    for name in trained:
        cost = costs[name]
        assert cost.refusal is None and cost.seconds and cost.disk_gb, (name, cost)
        assert 0 < (cost.memory_gb or 0) < CARDS[title] * 0.92, (name, cost)
        # as the profile has it: nothing is lowered
        assert cost.assumes.count(f"{profile_rows(profile, name)} rows at once"), (name, cost)
        # an engine that samples beside a trainer is counted with it
        assert ("engine" in cost.assumes) == (name == "grpo_policy"), (name, cost)
    assert all(cost.memory_gb for name, cost in costs.items() if "calls" in cost.assumes)
    hours = sum(cost.seconds or 0 for cost in costs.values()) / 3600
    assert 0.5 < hours < 48


def profile_rows(profile: Profile, name: str) -> int:
    """Rows at once that a model's settings ask for."""
    section = profile.models[name]
    assert isinstance(section, TrainedModel)
    return section.training.batch_size


def test_eight_cards_take_less_time_than_one(registry: Registry) -> None:
    one, eight = (costs_of(load_profile(title), registry) for title in ("gpu", "gpu8"))
    assert (eight["rft_policy"].seconds or 0) < (one["rft_policy"].seconds or 0)


def test_all_weights_of_8b_on_one_card_are_refused_in_the_plan(registry: Registry, tmp_path: Path) -> None:
    whole: dict[Place, object] = {("models", "sft_policy", "training", "lora_rank"): "none"}
    profile = Profile.model_validate(changed(small("gpu", tmp_path), whole))
    cost = costs_of(profile, registry)["sft_policy"]
    assert cost.refusal and "train an adapter (lora_rank = 16)" in cost.refusal
    # a checkpoint of all weights and moments: 90 GiB, thrice
    assert cost.scratch_gb == pytest.approx(3 * 12 * 8.03, rel=0.01)


def test_an_engine_that_cannot_hold_its_model_is_refused_in_the_plan(
    registry: Registry, tmp_path: Path
) -> None:
    small_card: dict[Place, object] = {("card_gb",): 16, ("card",): {"tflops": 121, "bandwidth_gb": 300}}
    profile = Profile.model_validate(changed(small("gpu", tmp_path), small_card))
    refusal = costs_of(profile, registry)["cai_revisions"].refusal
    assert refusal and refusal.startswith(
        "an engine of base_policy needs 17.1 GB for its weights and one text"
    )


def test_a_profile_without_a_card_is_not_counted(registry: Registry) -> None:
    assert costs_of(load_profile("laptop"), registry) == {}


def test_a_model_of_unknown_shapes_says_so_and_the_rest_is_counted(
    registry: Registry, tmp_path: Path
) -> None:
    unknown: dict[Place, object] = {("models", "base_policy", "model"): "owner/unknown"}
    profile = Profile.model_validate(changed(small("gpu", tmp_path), unknown))
    costs = costs_of(profile, registry)
    assert "'owner/unknown' are unknown until it is downloaded" in costs["sft_policy"].assumes
    assert costs["sft_policy"].seconds is None and costs["problems"] == Cost(
        0.0, None, costs["problems"].disk_gb
    )


H100 = Machine(
    cards=(CheckedCard(model="NVIDIA H100 80GB HBM3", memory_gb=85, capability="9.0"),),
    driver="580.65.06",
    cuda="13.0",
    libraries={},
    cores=16,
    memory_gb=128,
)


def test_what_check_gpu_measured_takes_the_place_of_stated_shares(tmp_path: Path) -> None:
    card = Card(tflops=989, bandwidth_gb=3350)
    assert measured(card, tmp_path) == (card, ())
    bench = Bench(folder=tmp_path, size=EIGHT_B, machine=H100)
    # ten steps of 30,000 tokens a second, and prompts read at 60,000
    learned = list(trained_speed(bench, [1.0] * 12, [3e4 * step for step in range(1, 13)]))
    read = [*rate(bench, "prefill", 6e4, EIGHT_B.length), Figure(name=START, value=41, unit="s")]
    results = (
        Result(part="sft", outcome="pass", figures=tuple(learned)),
        Result(part="vllm", outcome="pass", figures=tuple(read)),
    )
    report = Report(machine=H100, size=EIGHT_B, begun="now", seconds=600, parts=results)
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text(report.model_dump_json())
    found, fields = measured(card, tmp_path)
    assert fields == ("training_share", "prefill_share", "start_seconds") and found.start_seconds == 41
    # a pass forward, one for the gradients of states, and one for activations that are made again
    forward = EIGHT_B.shape.forward_flops(EIGHT_B.length)
    assert found.training_share == pytest.approx(3 * 3e4 * forward / 989.4e12)
    assert found.prefill_share == pytest.approx(6e4 * forward / 989.4e12)
    # a check of a machine without a card says nothing of one
    path.write_text(
        report.model_copy(update={"machine": H100.model_copy(update={"cards": ()})}).model_dump_json()
    )
    assert measured(card, tmp_path)[0] == card
    path.write_text("{")
    assert measured(card, tmp_path)[0] == card


def test_the_plan_shows_them(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(registry.state.root))
    monkeypatch.setenv("TRIMTAB_PROFILE", "gpu24")
    said = CliRunner().invoke(app, ["plan"])
    assert said.exit_code == 0, said.output
    assert "GB of a card at the peak" in said.output
    rows = json.loads(CliRunner().invoke(app, ["plan", "--json"]).output)
    takes = {row["asset"]: row["takes"] for row in rows}
    assert takes["sft_policy"]["memory_gb"] > 3 and takes["sft_policy"]["assumes"]


def test_the_shapes_of_a_downloaded_model_are_read_where_it_lies(registry: Registry, tmp_path: Path) -> None:
    source = next(shapes.SHIPPED.rglob("Qwen2.5-1.5B-Instruct.json"))
    folder = registry.state.models / "hub" / "owner--copy" / ("0" * 40)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(source.read_text())
    assert shapes.find_shapes("owner/copy", registry.state.models) == shapes.read_shapes(source)
