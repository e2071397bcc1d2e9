"""Selections by rules: samples of a policy that keep all rules of the constitution, and a control."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.prompts import DEFAULT_SETS
from assets.profile.prompts import Answers
from assets.profile.ruled.rules import Rules
from datasets_registry.errors import BadInput
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from methods.judging.constitution import Constitution
from methods.rlaif.rule_selections import RULE_CONTROLS, RULE_SELECTIONS, RuleSelectionSettings

GROUP = "rules"


def rules(section: Rules, answers: Answers, constitution: Constitution) -> Sequence[Dataset]:
    """``rule_selections``, and ``rule_controls`` where they are asked for; raises as ``selecting``."""
    made = {RuleSelection.dataset: RULE_SELECTIONS}
    if section.control:
        made[RuleControl.dataset] = RULE_CONTROLS
    settings, policy = selecting(section, answers, constitution), {"policy": section.policy}
    return [
        dataset(name, method, settings, group=GROUP, inputs=DEFAULT_SETS.roles, models=policy)
        for name, method in made.items()
    ]


def selecting(section: Rules, answers: Answers, constitution: Constitution) -> RuleSelectionSettings:
    """How samples are drawn, and by which rules they are selected.

    Raises BadInput where the constitution has no rule of one response.
    """
    if not constitution.rules:
        raise BadInput(
            f"constitution {constitution.name!r} has no principle with a rule of one response, which the "
            "profile's [rules] selects by: write one, or leave [rules] out"
        )
    return RuleSelectionSettings(
        num_samples=section.num_samples,
        system_prompt=answers.system_prompt,
        answers=answers.sampling,
        seed=answers.seed,
        rules=constitution.rules,
    )
