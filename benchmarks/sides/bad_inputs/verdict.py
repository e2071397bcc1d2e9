"""What became of a bad input: refused in one sentence with value and remedy, or what is wrong with that."""

import re
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Literal, get_args

from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.running import Outcome

Faulty = Literal["accepted", "traceback", "another exit code", "not one line", "no value", "no remedy"]
Verdict = Literal["refused", "explained"] | Faulty
FAULTY: tuple[Faulty, ...] = get_args(Faulty)
REMEDY = re.compile(
    r"\b(should|must|needs?|use|give|write|add|remove|set|choose|name|leave|raise|lower|install|take|save|"
    r"correct|rename|make|check|free|unset|see|shows|lists|convert|mount|needed|there are|it has|merge|start|"
    r"list|map|drop|download|materialize|import)\b"
)
# what is not there in the state: whoever misses it has taken the input
ENDS = ("'no_such_model'", "'human_preferences' has no version")
# extremes that are taken, each with its reason; a star is any text
ACCEPTED: Mapping[str, str] = {
    "profile: models.*.training missing": "all settings of a trainer have defaults",
    "profile: *.chunks said twice": "samples may come in chunks of one size",
    "profile: min_free_gb huge": "it is a bound that no disk reaches, which the build says",
    "profile: card_gb huge": "it is a bound that no card reaches, which the build says",
    "run config: sft: memory_gb huge": "memory without a bound is what there is without it",
    "profile: *.price.* huge": "whatever a call costs, the budget stops it",
    "profile: budget.max_usd huge": "a budget that is never reached is none",
    "profile: rebuild.max_hours_a_day huge": "a limit that is never reached is none",
    "*checkpoint_minutes huge": "no checkpoint is asked for",
    "profile: card.* huge": "what a plan counts with, and nothing that is built",
    "profile: rlaif.labels.tie_logit huge": "every label is a tie, which the checks of labels say",
    "profile: rft.selections.min_reward huge": "nothing is selected, which the checks of selections say",
    "profile: judges.certificate.bounds.*.at_* huge": "a bound that no judge keeps certifies none",
    "*learning_rate huge": "a loss that is no number ends the run, and leaves no model",
    "*beta huge": "the policy stays at its reference, which a run that moved no weight says",
    "*centring huge": "scores are drawn to zero, which the held-out accuracy says",
    "run config: kto: settings.*desirable_weight huge": "one side outweighs the other, which its figures say",
    "run config: ppo: settings.value_clip_range huge": "values are not clipped",
    "run config: ppo: settings.missing_eos_penalty huge": "a sample that was cut is never worth it",
    "*rewards.verifier huge": "rewards are compared within their prompt, whatever their scale",
    "constitution: principle rule.m* huge": "a bound beyond every text is kept by all texts, or by none",
    "constitution: principle rule.*cludes said twice": "what is left out twice is left out",
    "constitution: principle rule.contains said twice": "what is asked for twice is asked for",
    "constitution: principle rule.num_lines huge": "a bound beyond every text is kept by none",
    "constitution: principle rule.prompt_words huge": "a bound beyond every text is kept by none",
    "* number": "a number in a column of texts is its text, as in a CSV file, which has no types",
    "import: * source *": "where a row came from is recorded where it is a text, and is not learned",
    "import: * licence *": "a licence is recorded where it is a text, and is said to be missing elsewhere",
    "* category *": "a category is of nothing but the choice of a subset, and may be blank",
    "* family *": "a family is of nothing but the choice of a subset, and may be blank",
    "prompts: source empty": "where a prompt came from is recorded, and is not learned",
    "prompts: licence empty": "a licence is recorded, and is not learned",
}


def verdict(case: Case, outcome: Outcome) -> Verdict:
    """What became of ``case``."""
    said = outcome.said.strip()
    if "Traceback" in said or said.startswith("error: unexpected ") or outcome.code < 0:
        return "traceback"
    if _is_accepted(case, outcome):
        return "explained" if reason(case) else "accepted"
    if outcome.code != 2:
        return "another exit code"
    # of a file with several faults each is a line
    lines = said.splitlines()
    if not lines or not all(line.startswith("error: ") for line in lines):
        return "not one line"
    if case.names and not any((name or "''") in said for name in case.names):
        return "no value"
    return "refused" if all(map(REMEDY.search, lines)) else "no remedy"


def _is_accepted(case: Case, outcome: Outcome) -> bool:
    """Whether the input was taken; a profile or run config that is ends at a version that is not there."""
    ended_at_version = any(end in outcome.said for end in ENDS) and "no_such" not in case.names
    return outcome.code == 0 or ended_at_version


def reason(case: Case) -> str | None:
    """Why this input is taken; None where it must not be."""
    return next((why for pattern, why in ACCEPTED.items() if fnmatch(case.title, pattern)), None)
