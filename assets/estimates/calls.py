"""How many rows each dataset will have and what it asks of models, at most, from settings alone."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assets.building.declared import Dataset
from assets.estimates.amount import ANSWER, CHOICE, PROMPT, QUESTION, Amount, Asked, Inputs, Rows, UnknownRows
from assets.estimates.amplification import amplified_answers, amplified_labels
from assets.estimates.oversight import debates, oversight_preferences, oversight_questions, passages
from assets.estimates.rounds import (
    divergence,
    feedback_figures,
    pooled_selections,
    red_team_failures,
    reward_pairs,
    round_problems,
    round_prompts,
)
from assets.estimates.suites import evaluation_answers, evaluation_items
from datasets_registry.rows.words import Signal
from methods.cai.scores import SIGNALS
from methods.judges.answers import AnswerSettings
from methods.judges.duels import duels, solutions
from methods.judges.items import ItemSettings, read_items
from methods.judging.additions import KINDS
from methods.judging.comparison import ComparisonSettings
from methods.judging.score import ScoreSettings
from methods.problems.prompt_files import PromptFileSettings

# lines that a solution has at most: what is said of steps assumes it
STEPS = 12
OURS = ("methods", "quality")


def amount(dataset: Dataset, known: Mapping[str, Rows]) -> Amount | None:
    """What ``dataset`` takes, given the rows of others; None for a kind that is not known here."""
    method = dataset.method
    # a plug-in's method has settings of its own, whatever its rows are
    is_ours = method.run.__module__.partition(".")[0] in OURS
    estimate = _AMOUNTS.get(method.rows.dataset) if is_ours else None
    try:
        return estimate(dataset, Inputs(dataset, known), dataset.settings) if estimate else None
    except UnknownRows:
        # imported, and not there yet
        return None


def _asked(dataset: Dataset, role: str, calls: int, reads: int, writes: int) -> list[Asked]:
    """The same of each model in the role."""
    return [Asked(model, calls, reads, writes) for model in dataset.models.get(role, ())]


def _calls_of_a_score(scores: ScoreSettings | None) -> int:
    """Several where replies are counted, or a score of ten is read by a call of its own."""
    return 1 if scores is None else scores.num_calls


def _prompts(dataset: Dataset, inputs: Inputs, settings: PromptFileSettings) -> Amount:
    lines = settings.file.read_text(encoding="utf-8").splitlines()
    splits = [json.loads(line)["split"] for line in lines if line.strip()]

    def used(split: str, number: int | None) -> int:
        there = splits.count(split)
        return there if number is None else min(number, there)

    return Amount(Rows(used("train", settings.train), used("evaluation", settings.evaluation)))


def _problems(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    families = settings.families
    train, held_out = (
        sum(getattr(family, split) for family in families) for split in ("train", "evaluation")
    )
    return Amount(Rows(train, held_out))


def _gold(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    return Amount(Rows(min(settings.number or inputs["problems"].train, inputs["problems"].train)))


def _revisions(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    prompts = inputs["red_team_prompts"].train + min(settings.num_controls, inputs["helpful_prompts"].train)
    prompts += inputs["round_prompts"].train + inputs["red_team_failures"].train
    answer, critique = settings.answers.max_tokens, settings.critiques.max_tokens
    examples = settings.num_examples * (PROMPT + 2 * answer + critique)
    criticised = settings.ablation == "none"
    turns = prompts * settings.num_revisions
    policy = _asked(dataset, "policy", prompts, PROMPT, answer)
    policy += _asked(dataset, "policy", turns, examples + PROMPT + 2 * answer + critique, answer)
    if criticised:
        policy += _asked(dataset, "policy", turns, examples + PROMPT + answer, critique)
    texts = prompts * (settings.num_revisions + 1)
    judge = _asked(
        dataset, "judge", texts * len(SIGNALS) * _calls_of_a_score(settings.scores), QUESTION + answer, CHOICE
    )
    return Amount(Rows(turns), (*policy, *judge))


def _helpful(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    prompts = inputs["helpful_prompts"].train + inputs["round_prompts"].train
    return Amount(
        Rows(prompts), tuple(_asked(dataset, "policy", prompts, PROMPT, settings.answers.max_tokens))
    )


def _sft(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    roles = ("cai_revisions", "failure_revisions", "helpful_answers", "demonstrations")
    return Amount(Rows(sum(inputs[role].train for role in roles)))


def _pairs(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    prompts, samples = inputs.prompts().train, settings.num_samples
    answer = settings.answers.max_tokens
    asked = _asked(dataset, "policy", prompts * samples, PROMPT, answer)
    weighed = max(map(len, (settings.weights or {}).values()), default=0)
    scores = prompts * samples * weighed * _calls_of_a_score(settings.scores)
    asked += _asked(dataset, "judge", scores, QUESTION + answer, CHOICE)
    pairs = {"adjacent": samples // 2, "random": settings.pairs_per_prompt, "best_worst": 1}
    return Amount(Rows(prompts * pairs[settings.selection]), tuple(asked))


def _ruled(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    prompts = inputs.prompts().train
    draws, answer = prompts * settings.num_samples, settings.answers.max_tokens
    return Amount(Rows(prompts), tuple(_asked(dataset, "policy", draws, PROMPT, answer)))


def _judgements(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    pairs = inputs["completion_pairs"].train
    questions = max(
        sum(_principles(settings, signal) for signal in signals) for signals in settings.signals.values()
    )
    verdicts = pairs * questions * len(settings.comparison.orders)
    asked = _compared(dataset, "judges", verdicts, 2 * ANSWER, settings.comparison)
    return Amount(Rows(len(dataset.models["judges"]) * verdicts), tuple(asked))


def _compared(
    dataset: Dataset, role: str, verdicts: int, texts: int, asking: ComparisonSettings
) -> list[Asked]:
    """So many verdicts on ``texts`` tokens: a token each, or as many replies in words as are counted."""
    if asking.verdicts == "probabilities":
        tokens = asking.reasoning_tokens
        reasoned = _asked(dataset, role, verdicts, QUESTION + texts, tokens) if tokens else []
        return [*reasoned, *_asked(dataset, role, verdicts, QUESTION + texts + (tokens or 0), CHOICE)]
    words = asking.words(None if asking.reasons_apart else asking.reasoning_tokens).max_tokens
    return _asked(dataset, role, verdicts * asking.samples, QUESTION + texts, words)


def _principles(settings: Any, signal: Signal) -> int:
    """Principles of ``signal`` that a pair is judged under."""
    there: int = sum(
        principle.signal == signal and bool(principle.preference_question)
        for principle in settings.principles.values()
    )
    return there if settings.num_principles == "all" else min(int(settings.num_principles), there)


def _preferences(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    return Amount(inputs["completion_pairs"])


def _scores(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    scores = 2 * inputs["completion_pairs"].train * max(map(len, settings.signals.values()), default=0)
    calls = scores * _calls_of_a_score(settings)
    return Amount(Rows(scores), tuple(_asked(dataset, "judge", calls, QUESTION + ANSWER, CHOICE)))


def _agreement(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    verdicts = settings.num_pairs * len(settings.comparison.orders)
    asked = _compared(dataset, "judge", verdicts, 2 * ANSWER, settings.comparison)
    return Amount(Rows(settings.num_pairs), tuple(asked))


def _steered(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    trials = min(settings.num_pairs, inputs["completion_pairs"].train) * len(KINDS)
    asked = _compared(dataset, "judges", 2 * trials, 2 * ANSWER, settings.comparison)
    return Amount(Rows(len(dataset.models["judges"]) * trials), tuple(asked))


def _items(dataset: Dataset, inputs: Inputs, settings: ItemSettings) -> Amount:
    """A right response beside a wrong one, which may be several of an item; and solutions, as held out."""
    items = read_items(settings)
    return Amount(Rows(len(list(duels(items))), len(list(solutions(items)))))


def _suite_answers(dataset: Dataset, inputs: Inputs, settings: AnswerSettings) -> Amount:
    items = inputs["judge_items"]
    asked = []
    for comparison in settings.comparisons:
        asked += _compared(dataset, "judge", 2 * items.train, 2 * ANSWER, comparison)
    for steps in settings.steps:
        words = steps.asking.words(steps.reasoning_tokens).max_tokens
        calls = items.held_out * (1 if steps.reasoning_tokens is None else 2)
        asked += _asked(dataset, "judge", calls, QUESTION + ANSWER, words)
    ways = max(1, len(settings.comparisons), len(settings.steps))
    return Amount(Rows(ways * (2 * items.train + items.held_out)), tuple(asked))


def _candidates(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    problems = inputs["problems"].train
    chosen = min(settings.number or problems, problems)
    draws, answer = chosen * settings.rule.max_draws, settings.answers.max_tokens
    asked = _asked(dataset, "policies", draws, PROMPT, answer)
    policies = len(dataset.models["policies"])
    judged = draws * policies
    asked += _asked(dataset, "judge", judged * _calls_of_a_score(settings.scores), QUESTION + answer, CHOICE)
    return Amount(Rows(judged, problems=chosen, policies=policies), tuple(asked))


def _selections(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    return Amount(Rows(inputs["candidates"].at_most(settings.top_k) + inputs["gold_solutions"].train))


def _verified(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    return Amount(Rows(inputs["candidates"].at_most(settings.per_problem)))


def _solutions(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    candidates = inputs["candidates"]
    # a problem that is not decided has an accepted one, whose steps need no rollouts
    problems = candidates.problems if settings.skip_decided else None
    return Amount(Rows(candidates.at_most(settings.per_problem), problems=problems))


def _rollouts(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    searched = {"exhaustive": STEPS, "linear": STEPS, "bisect": math.ceil(math.log2(STEPS)) + 1}
    each = searched[settings.method] * settings.limit + 2 * settings.confirm
    solutions, answer = inputs["solutions"], settings.rollouts.max_tokens
    spared = (solutions.problems or 0) if settings.skip_accepted else 0
    calls = max(0, solutions.train - spared) * each
    return Amount(Rows(calls), tuple(_asked(dataset, "completer", calls, PROMPT + answer // 2, answer)))


def _step_labels(dataset: Dataset, inputs: Inputs, settings: Any) -> Amount:
    rows = inputs["solutions"].train
    return Amount(Rows(rows), tuple(_asked(dataset, "judge", rows, QUESTION + ANSWER, ANSWER)))


_AMOUNTS: Mapping[str, Callable[[Dataset, Inputs, Any], Amount]] = {
    "red_team_prompts": _prompts,
    "helpful_prompts": _prompts,
    "problems": _problems,
    "gold_solutions": _gold,
    "cai_revisions": _revisions,
    "failure_revisions": _revisions,
    "helpful_answers": _helpful,
    "cai_sft": _sft,
    "completion_pairs": _pairs,
    "ai_judgements": _judgements,
    "preference_pairs": _preferences,
    "ai_scores": _scores,
    "human_agreement": _agreement,
    "steered_verdicts": _steered,
    "judge_items": _items,
    "judge_answers": _suite_answers,
    "candidates": _candidates,
    "rft_selections": _selections,
    "rft_controls": _selections,
    "rule_selections": _ruled,
    "rule_controls": _ruled,
    "verified_pairs": _verified,
    "solutions": _solutions,
    "step_rollouts": _rollouts,
    "step_labels": _step_labels,
    "evaluation_items": evaluation_items,
    "evaluation_answers": evaluation_answers,
    "round_prompts": round_prompts,
    "round_problems": round_problems,
    "red_team_failures": red_team_failures,
    "feedback_figures": feedback_figures,
    "pooled_selections": pooled_selections,
    "reward_pairs": reward_pairs,
    "divergence": divergence,
    "passages": passages,
    "oversight_questions": oversight_questions,
    "debates": debates,
    "oversight_preferences": oversight_preferences,
    "amplified_answers": amplified_answers,
    "amplified_labels": amplified_labels,
}


def amounts(datasets: Sequence[Dataset], made: Mapping[str, Rows]) -> dict[str, Amount]:
    """What each dataset takes, inputs first; ``made`` are the rows of those that are there."""
    known, found = dict(made), dict[str, Amount]()
    for dataset in datasets:
        estimate = amount(dataset, known)
        if estimate is not None:
            found[dataset.name] = estimate
            there = known.get(dataset.name, estimate.rows)
            # a version that is there is known by its number of rows alone
            parts = estimate.rows
            known[dataset.name] = replace(there, suites=parts.suites, passages=parts.passages)
    return found
