"""What must hold of a training run, and what its curves warn of, read from the model's manifest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from datasets_registry.version import CheckResult

# reasons that are no property of the rows but of max_length and of the tokenizer
LOST = ("too_long", "steps_share_a_token")
# reasons for which a row has nothing to learn from, or is not meant to be used, whatever its length
UNUSABLE = ("unlabelled", "undecided", "unasked")


def lost_share(counts: Mapping[str, int]) -> float:
    """The share of usable rows that are lost, by a training run's counts of rows."""
    usable = counts["given"] - sum(counts.get(one, 0) for one in UNUSABLE)
    return sum(counts.get(one, 0) for one in LOST) / usable if usable > 0 else 0.0


Manifest = Mapping[str, Any]
# how a trainer learns: from texts one by one, from pairs, to score texts, or from the policy's own samples
TrainerKind = Literal["supervised", "preference", "reward", "online"]
EVERY: tuple[TrainerKind, ...] = ("supervised", "preference", "reward", "online")


@dataclass(frozen=True)
class ModelCheck:
    """A rule over manifests of trainers of ``kinds``: it fails where the figure exceeds the threshold.

    ``figure`` gives None where the run logged too little to tell, which passes and says so.
    """

    name: str
    kinds: tuple[TrainerKind, ...]
    catches: str
    severity: Literal["error", "warning"]
    figure: Callable[[Manifest], float | None]
    threshold: Callable[[Manifest], float]


def _curve(manifest: Manifest, name: str) -> list[float]:
    return [value for _, value in manifest.get("curves", {}).get(name, ())]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _ends(values: Sequence[float]) -> tuple[float, float] | None:
    """The mean of the first and of the last fifth; None of fewer than five points."""
    fifth = len(values) // 5
    return (_mean(values[:fifth]), _mean(values[-fifth:])) if fifth else None


def _chosen_falls(manifest: Manifest) -> float | None:
    ends = _ends(_curve(manifest, "logps/chosen"))
    return (ends[0] - ends[1]) / abs(ends[0]) if ends and ends[0] else None


def _late(name: str) -> Callable[[Manifest], float | None]:
    """The mean of the last fifth."""

    def figure(manifest: Manifest) -> float | None:
        ends = _ends(_curve(manifest, name))
        return ends[1] if ends else None

    return figure


def _growth(manifest: Manifest) -> float | None:
    ends = _ends(_curve(manifest, "completions/mean_length"))
    return ends[1] / ends[0] if ends and ends[0] else None


def _whole_or_not(manifest: Manifest) -> float:
    return lost_share(manifest["rows"])


MODEL_CHECKS = (
    ModelCheck(
        "rows_lost",
        EVERY,
        "a model trained on a part of its data, since rows were too long",
        "error",
        _whole_or_not,
        lambda manifest: float(manifest["settings"]["max_lost_share"]),
    ),
    ModelCheck(
        "chosen_falls",
        ("preference",),
        "a policy that learns to make both answers unlikely: add the loss sft",
        "warning",
        _chosen_falls,
        lambda _: 0.1,
    ),
    ModelCheck(
        "zero_variance_groups",
        ("online",),
        "groups of draws that are all right or all wrong and teach nothing",
        "warning",
        _late("frac_reward_zero_std"),
        lambda _: 0.5,
    ),
    ModelCheck(
        "clipped_completions",
        ("online",),
        "draws cut at max_completion_length before they end",
        "warning",
        _late("completions/clipped_ratio"),
        lambda _: 0.2,
    ),
    ModelCheck(
        "length_growth",
        ("online",),
        "draws that grow longer, which a reward may pay for by itself",
        "warning",
        _growth,
        lambda _: 1.5,
    ),
)


def model_checks(kind: TrainerKind) -> list[ModelCheck]:
    """The checks that hold of models whose trainer is of ``kind``."""
    return [check for check in MODEL_CHECKS if kind in check.kinds]


def check_manifest(check: ModelCheck, manifest: Manifest) -> CheckResult:
    """What ``check`` finds of one run."""
    value, threshold = check.figure(manifest), check.threshold(manifest)
    passed = value is None or value <= threshold
    told = "too few logged steps to tell" if value is None else f"{value:.3g}, at most {threshold:.3g}"
    return CheckResult(
        check=check.name,
        passed=passed,
        severity=check.severity,
        value=value,
        threshold=threshold,
        description=told,
    )
