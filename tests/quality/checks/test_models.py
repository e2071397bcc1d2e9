"""Checks of training runs: each has a run that it must find, and one that it must leave alone."""

from collections.abc import Sequence

import pytest

from datasets_registry.manifest import Manifest
from quality.checks.models import MODEL_CHECKS, ModelCheck, check_manifest, lost_share, model_checks

SETTINGS = {"max_lost_share": 0.2, "sampler": "vllm"}


def manifest(curve: str = "", values: Sequence[float] = (), **rows: int) -> Manifest:
    """A run's manifest with one curve and counts of rows."""
    points = tuple(enumerate(values))
    return Manifest(settings=SETTINGS, rows={"given": 10, **rows}, curves={curve: points})


def stored(kept: float) -> Manifest:
    """A run in bfloat16 of all weights, of whose update bfloat16 keeps so much."""
    run = Manifest(settings=SETTINGS, rows={"given": 10}, dtype="bfloat16", stored="whole")
    return run.model_copy(update={"kept_by_bfloat16": kept})


SOUND: dict[str, Manifest] = {
    "rows_lost": manifest(too_long=1, unlabelled=5),
    "update_rounded_away": stored(0.95),
    "chosen_falls": manifest("logps/chosen", [-100.0] * 5 + [-104.0] * 5),
    "zero_variance_groups": manifest("frac_reward_zero_std", [1.0] * 5 + [0.3] * 5),
    "clipped_completions": manifest("completions/clipped_ratio", [0.9] * 5 + [0.1] * 5),
    "length_growth": manifest("completions/mean_length", [10.0] * 5 + [14.0] * 5),
    "sampler_apart": manifest("sampler_logp_difference", [0.002] * 5 + [0.01] * 5),
}
FAULTS: dict[str, Manifest] = {
    "rows_lost": manifest(too_long=1, steps_share_a_token=1, unlabelled=5),
    "update_rounded_away": stored(0.85),
    "chosen_falls": manifest("logps/chosen", [-100.0] * 5 + [-120.0] * 5),
    "zero_variance_groups": manifest("frac_reward_zero_std", [0.3] * 5 + [0.8] * 5),
    "clipped_completions": manifest("completions/clipped_ratio", [0.1] * 5 + [0.5] * 5),
    "length_growth": manifest("completions/mean_length", [10.0] * 5 + [20.0] * 5),
    "sampler_apart": manifest("sampler_logp_difference", [0.002] * 5 + [0.2] * 5),
}


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.name)
def test_each_check_finds_its_fault_and_passes_a_sound_run(check: ModelCheck) -> None:
    assert check_manifest(check, SOUND[check.name]).passed
    found = check_manifest(check, FAULTS[check.name])
    assert not found.passed and found.value is not None and found.value > (found.threshold or 0)
    assert check.catches and check.severity == ("error" if check.name == "rows_lost" else "warning")


def test_a_run_too_short_to_tell_passes_and_says_so() -> None:
    for check in MODEL_CHECKS[1:]:
        found = check_manifest(check, manifest("logps/chosen", [-1.0] * 4))
        assert found.passed and found.value is None and "does not tell" in found.description


def test_a_policy_that_samples_by_itself_is_not_apart_from_itself() -> None:
    (check,) = [check for check in MODEL_CHECKS if check.name == "sampler_apart"]
    alone = manifest().model_copy(update={"settings": {"sampler": "transformers"}})
    assert check_manifest(check, alone).passed and check_manifest(check, alone).value == 0


def test_every_kind_of_trainer_is_asked_for_lost_rows_and_for_what_it_can_show() -> None:
    asked_of_all = ["rows_lost", "update_rounded_away"]
    assert [check.name for check in model_checks("supervised")] == asked_of_all
    assert [check.name for check in model_checks("preference")] == [*asked_of_all, "chosen_falls"]
    assert "zero_variance_groups" in {check.name for check in model_checks("online")}


def test_an_adapter_is_served_whole_and_float32_rounds_nothing() -> None:
    (check,) = (check for check in MODEL_CHECKS if check.name == "update_rounded_away")
    for changes in ({"stored": "adapter"}, {"dtype": "float32"}):
        assert check_manifest(check, stored(0.1).model_copy(update=changes)).passed


def test_rows_without_a_label_are_not_lost() -> None:
    assert lost_share({"given": 10, "unlabelled": 5, "too_long": 1}) == pytest.approx(0.2)
    assert lost_share({"given": 4, "unlabelled": 4}) == 0
