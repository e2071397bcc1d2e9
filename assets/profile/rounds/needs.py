"""What rounds need of the rest of a profile."""

from collections.abc import Collection, Mapping

from assets.profile.evaluation import Evaluation
from assets.profile.oversight.oversight import Oversight
from assets.profile.problems import Problems
from assets.profile.rounds.asked import require_problems
from assets.profile.rounds.rounds import Rounds

_CAPABILITY = "capability"


def require_rounds(
    rounds: Mapping[str, Rounds],
    sections: Mapping[str, object],
    evaluation: Evaluation | None,
    measured: Collection[str],
    taken: Collection[str] = (),
) -> None:
    """Raise ValueError where rounds lack the method that labels their samples, or what watches them.

    ``sections`` are those of the profile by name, None where one is left out; ``measured`` are the models
    that the evaluation measures, ``taken`` names of datasets that the profile makes.
    """
    problems = sections.get("problems")
    _require_amplification(rounds, sections)
    for name, section in rounds.items():
        if name in taken:
            raise ValueError(f"rounds.{name}: a dataset of the profile has this name: choose another")
        for part in _needed(section):
            if sections.get(part) is None:
                why = "red_teaming" if section.learns == "reward_pairs" else f"learns {section.learns}"
                raise ValueError(f"rounds.{name}: {why} needs [{part}]: add it, or leave the rounds out")
        if evaluation is None:
            raise ValueError(f"rounds.{name} is watched by its figures: add [evaluation]")
        _require_measured(name, section, evaluation, measured)
        if section.asks_problems and isinstance(problems, Problems):
            require_problems(f"rounds.{name}", section, problems)
        if section.watch.capability:
            _require_items(name, evaluation, problems)


def _require_amplification(rounds: Mapping[str, Rounds], sections: Mapping[str, object]) -> None:
    """Raise ValueError where what is amplified, by whom or how is missing."""
    oversight = sections.get("oversight")
    if not isinstance(oversight, Oversight):
        return
    learning = [name for name, section in rounds.items() if section.is_amplified]
    if learning and oversight.amplification is None:
        raise ValueError(
            f"rounds.{learning[0]}: learns amplified_labels needs [oversight.amplification]: add it, or "
            "leave the rounds out"
        )
    oversight.require_amplifiable(
        has_problems=sections.get("problems") is not None, has_rounds=bool(learning)
    )


def _needed(section: Rounds) -> tuple[str, ...]:
    """The sections that label a round's samples, and grade those of its red-teaming."""
    if section.is_amplified:
        return ("problems", "oversight")
    if section.is_verified:
        return ("problems", "rft")
    return ("judges", "rlaif") if section.is_judged or section.red_teaming else ()


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


def _require_items(name: str, evaluation: Evaluation, problems: object) -> None:
    """Raise ValueError where held-out problems alone are items of capability, and there are none."""
    families = problems.families if isinstance(problems, Problems) else ()
    if evaluation.problems == "only" and families and not any(family.evaluation for family in families):
        raise ValueError(
            f"rounds.{name}.watch.capability guards figures without items: raise evaluation in "
            '[[problems.families]], set evaluation.problems = "none", or set capability = "none"'
        )
