"""What rounds need of the rest of a profile."""

from collections.abc import Collection, Mapping

from assets.profile.evaluation import Evaluation
from assets.profile.rounds.rounds import Rounds

_CAPABILITY = "capability"


def require_rounds(
    rounds: Mapping[str, Rounds],
    sections: Mapping[str, object],
    evaluation: Evaluation | None,
    measured: Collection[str],
) -> None:
    """Raise ValueError where rounds lack the method that labels their samples, or what watches them.

    ``sections`` are those of the profile by name, None where one is left out; ``measured`` are the models
    that the evaluation measures.
    """
    for name, section in rounds.items():
        needed = ("problems", "rft") if section.is_verified else ("judges", "rlaif")
        for part in needed:
            if sections.get(part) is None:
                raise ValueError(
                    f"rounds.{name} learns {section.learns}, which needs [{part}]: add it, or leave the "
                    "rounds out"
                )
        if evaluation is None:
            raise ValueError(f"rounds.{name} is watched by its figures: add [evaluation]")
        _require_measured(name, section, evaluation, measured)


def _require_measured(name: str, section: Rounds, evaluation: Evaluation, measured: Collection[str]) -> None:
    if section.policy not in measured:
        raise ValueError(
            f"rounds.{name}.policy: {section.policy!r} is what every round is compared with, and is not "
            "evaluated: add it to evaluation.models"
        )
    if section.watch.capability and _CAPABILITY not in evaluation.suites:
        raise ValueError(
            f"rounds.{name}.watch.capability guards figures that are not measured: add 'capability' to "
            'evaluation.suites, or set capability = "none"'
        )
