"""What must hold of a training run, and what its curves warn of, read from the model's manifest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from datasets_registry.manifest import Manifest
from datasets_registry.version import CheckResult

# how a trainer learns: from texts one by one, from pairs, to score texts, or from the policy's own samples;
# an average does not
TrainerKind = Literal["supervised", "preference", "reward", "online", "average"]
EVERY: tuple[TrainerKind, ...] = ("supervised", "preference", "reward", "online")

# reasons that lie in max_length and the tokenizer, not in the rows
DROPPED = ("too_long", "steps_share_a_token")
# reasons for which a row has nothing to learn from, or is not meant to be used, whatever its length
UNUSABLE = ("unlabelled", "undecided", "unasked", "gold_rejected")


def lost_share(counts: Mapping[str, int]) -> float:
    """The share of usable rows that are dropped, by a training run's counts of rows."""
    usable = counts["given"] - sum(counts.get(reason, 0) for reason in UNUSABLE)
    return sum(counts.get(reason, 0) for reason in DROPPED) / usable if usable > 0 else 0.0


@dataclass(frozen=True)
class ModelCheck:
    """A rule over manifests of trainers of ``kinds``: it fails where the figure exceeds the threshold.

    ``figure`` gives None where the run does not tell, as of too few logged steps, which passes and says so.
    """

    name: str
    kinds: tuple[TrainerKind, ...]
    catches: str
    severity: Literal["error", "warning"]
    figure: Callable[[Manifest], float | None]
    threshold: Callable[[Manifest], float]


def model_checks(kind: TrainerKind) -> list[ModelCheck]:
    """The checks that hold of models whose trainer is of ``kind``."""
    return [check for check in MODEL_CHECKS if kind in check.kinds]


def check_manifest(check: ModelCheck, manifest: Manifest) -> CheckResult:
    """The result of ``check`` on one run."""
    value, threshold = check.figure(manifest), check.threshold(manifest)
    return CheckResult(
        check=check.name,
        passed=value is None or value <= threshold,
        severity=check.severity,
        value=value,
        threshold=threshold,
        description=("the run does not tell" if value is None else f"{value:.3g}, at most {threshold:.3g}"),
    )


def _share_dropped(manifest: Manifest) -> float:
    return lost_share(manifest.rows)


def _allowed_share(manifest: Manifest) -> float:
    share = manifest.settings["max_lost_share"]
    assert isinstance(share, int | float)
    return float(share)


def _chosen_falls(manifest: Manifest) -> float | None:
    ends = _ends(_curve(manifest, "logps/chosen"))
    return (ends[0] - ends[1]) / abs(ends[0]) if ends and ends[0] else None


def _rounded_away(manifest: Manifest) -> float | None:
    """The share of the update that serving in bfloat16 loses; an adapter is served beside its base."""
    if manifest.stored == "adapter":
        return 0.0
    is_rounded = manifest.dtype == "bfloat16" and manifest.kept_by_bfloat16 is not None
    return 1.0 - float(manifest.kept_by_bfloat16 or 0.0) if is_rounded else None


def _late(metric: str) -> Callable[[Manifest], float | None]:
    """The mean of the last fifth of a curve."""

    def figure(manifest: Manifest) -> float | None:
        ends = _ends(_curve(manifest, metric))
        return ends[1] if ends else None

    return figure


def _sampler_apart(manifest: Manifest) -> float | None:
    """How far the probabilities of the engine that sampled were from the trainer's; 0 where there is none."""
    if manifest.settings.get("sampler") != "vllm":
        return 0.0
    ends = _ends(_curve(manifest, "sampler_logp_difference"))
    return max(ends) if ends else None


def _growth(manifest: Manifest) -> float | None:
    ends = _ends(_curve(manifest, "completions/mean_length"))
    return ends[1] / ends[0] if ends and ends[0] else None


def _curve(manifest: Manifest, metric: str) -> list[float]:
    return [value for _, value in manifest.curves.get(metric, ())]


def _ends(values: Sequence[float]) -> tuple[float, float] | None:
    """The mean of the first and of the last fifth; None of fewer than five points."""
    fifth = len(values) // 5
    return (_mean(values[:fifth]), _mean(values[-fifth:])) if fifth else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


MODEL_CHECKS = (
    ModelCheck(
        "rows_lost",
        EVERY,
        "a model trained on a part of its data, since rows were too long",
        "error",
        _share_dropped,
        _allowed_share,
    ),
    ModelCheck(
        "update_rounded_away",
        EVERY,
        "all weights trained in steps too small for bfloat16, in which they are served: train an adapter, or "
        "raise learning_rate",
        "warning",
        _rounded_away,
        lambda _: 0.1,
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
        "groups of samples that are all right or all wrong and teach nothing",
        "warning",
        _late("frac_reward_zero_std"),
        lambda _: 0.5,
    ),
    ModelCheck(
        "clipped_completions",
        ("online",),
        "samples cut at max_completion_length before they end",
        "warning",
        _late("completions/clipped_ratio"),
        lambda _: 0.2,
    ),
    ModelCheck(
        "sampler_apart",
        ("online",),
        "samples of another policy than the one that learns from them, in nats per token",
        "warning",
        _sampler_apart,
        lambda _: 0.05,
    ),
    ModelCheck(
        "length_growth",
        ("online",),
        "samples that grow longer, which may raise the reward by itself",
        "warning",
        _growth,
        lambda _: 1.5,
    ),
)
