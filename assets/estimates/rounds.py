"""What a round's own datasets ask of models, and how many rows they have, at most."""

from assets.building.declared import Dataset
from assets.estimates.amount import CHOICE, PROMPT, QUESTION, Amount, Asked, Inputs, Rows
from methods.rounds.divergence import POLICY, REFERENCE, DivergenceSettings
from methods.rounds.failures import RedTeamSettings
from methods.rounds.feedback import most_fed
from methods.rounds.pool import PoolSettings, role_of
from methods.rounds.problems import RoundProblemSettings
from methods.rounds.prompts import RoundPromptSettings
from methods.rounds.reward_pairs import RewardPairSettings
from methods.rounds.selection import KINDS

# two rates and their gap
FIGURES = 3


def round_prompts(dataset: Dataset, inputs: Inputs, settings: RoundPromptSettings) -> Amount:
    """The slice and what is fed back; a variant is a call, of at most as many parents as may be fed."""
    numbers = [
        inputs[f"{kind}_prompts"].train if number is None else number
        for kind in KINDS
        for number in [settings.number(kind)]
    ]
    feedback = settings.feedback
    if feedback is None or settings.round == 1:
        return Amount(Rows(sum(numbers)))
    fed = len(KINDS) * most_fed(sum(numbers), feedback)
    asked = _asked(dataset, "rewriter", fed * feedback.variants, PROMPT, feedback.sampling.max_tokens)
    return Amount(Rows(sum(numbers) + fed), asked)


def round_problems(dataset: Dataset, inputs: Inputs, settings: RoundProblemSettings) -> Amount:
    """The problems of a round."""
    problems = inputs["problems"].train if settings.problems is None else settings.problems
    return Amount(Rows(problems, problems=problems))


def red_team_failures(dataset: Dataset, inputs: Inputs, settings: RedTeamSettings) -> Amount:
    """An answer to each prompt, and the judge's word on it."""
    chosen = settings.selection
    prompts = sum(
        there if chosen.probes is None else min(there, chosen.probes + chosen.never_fed)
        for kind in KINDS
        for there in [inputs[f"{kind}_prompts"].train]
    )
    # what was fed is a part of the rounds' prompts
    prompts += inputs["round_prompts"].train
    answer = settings.answers.max_tokens
    asked = _asked(dataset, "policy", prompts, PROMPT, answer)
    asked += _asked(dataset, "judge", prompts * settings.judging.samples, QUESTION + answer, CHOICE)
    return Amount(Rows(prompts), asked)


def feedback_figures(dataset: Dataset, inputs: Inputs, settings: object) -> Amount:
    """Figures of both kinds."""
    return Amount(Rows(FIGURES * len(KINDS)))


def pooled_selections(dataset: Dataset, inputs: Inputs, settings: PoolSettings) -> Amount:
    """The selections of all rounds."""
    return Amount(Rows(sum(inputs[role_of(number)].train for number in range(1, settings.rounds + 1))))


def reward_pairs(dataset: Dataset, inputs: Inputs, settings: RewardPairSettings) -> Amount:
    """So many samples of each prompt; reward models are no calls."""
    prompts = inputs.prompts().train
    calls = prompts * settings.num_samples
    return Amount(Rows(prompts), _asked(dataset, "policy", calls, PROMPT, settings.answers.max_tokens))


def divergence(dataset: Dataset, inputs: Inputs, settings: DivergenceSettings) -> Amount:
    """Samples of the policy, each read once more by it and by its reference."""
    there = inputs["prompts"].all + inputs["problems"].all
    samples = min(settings.num_prompts, there) * settings.num_samples
    asked = _asked(dataset, POLICY, samples, PROMPT, settings.max_tokens)
    for role in (POLICY, REFERENCE):
        asked += _asked(dataset, role, samples, PROMPT + settings.max_tokens, CHOICE)
    return Amount(Rows(samples), asked)


def _asked(dataset: Dataset, role: str, calls: int, reads: int, writes: int) -> tuple[Asked, ...]:
    return tuple(Asked(model, calls, reads, writes) for model in dataset.models.get(role, ()) if calls)
