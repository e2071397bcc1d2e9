"""Rejection sampling: which verified samples of a problem are learned (RFT, Yuan et al. 2023; STaR)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Literal, TypeVar

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from datasets_registry.hashing import digest
from datasets_registry.rows.rft import Candidate, GoldSolution, RftSelection
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models
from methods.reading.equations import wrong_equations
from methods.rft.rates.kept import kept_candidates

# phrases by which a completion refers to its hint
HINT_PHRASES = ("the answer is given", "given that the answer", "given the answer", "hint")

# a sample, or what was selected of samples before
S = TypeVar("S", bound=Candidate | RftSelection)


class KeptSettings(Settings):
    """Which of each problem's samples are kept.

    One sample per distinct path (or text); of equal paths the one that is farther, in edits, from the
    other kept ones. Of these the ``top_k`` by reward (None keeps all) with at least ``min_reward``.
    """

    top_k: int | None = Field(4, ge=1)
    min_reward: float | None = None
    distinct: Literal["path", "text"] = "path"
    with_gold: bool = True
    with_rationalised: bool = True
    seed: Seed = 0


class SelectionSettings(KeptSettings):
    """The same; ``check_equations`` drops samples with an equation that does not hold, as RFT does."""

    check_equations: bool = True


def make_selections(inputs: Inputs, models: Models, settings: SelectionSettings) -> Iterator[RftSelection]:
    """The completions to learn, from all datasets of ``candidates`` and from ``gold_solutions`` if wanted.

    Where ``prompt_pass_rates`` are given, of the problems that they keep.
    """
    gold = inputs.rows(GoldSolution) if settings.with_gold else []
    return select(kept_candidates(inputs), gold, settings)


RFT_SELECTIONS = Method(make_selections, SelectionSettings, RftSelection)


def select(
    candidates: Iterable[Candidate], gold: Sequence[GoldSolution], settings: SelectionSettings
) -> Iterator[RftSelection]:
    """The kept completions, problem by problem; ``candidates`` come sorted by problem.

    Samples of several policies and rounds are one pool. Hinted samples count only where no other is accepted.
    """
    if settings.with_gold:
        yield from map(_gold, gold)
    for _, group in groupby(candidates, key=attrgetter("problem_id")):
        # a sample that several rounds have counts once, as the first of them has it
        samples = dict[str, Candidate]()
        for candidate in group:
            samples.setdefault(candidate.completion_key, candidate)
        yield from _of_problem(list(samples.values()), settings)


def _of_problem(samples: Sequence[Candidate], settings: SelectionSettings) -> Iterator[RftSelection]:
    unaided = [sample for sample in samples if not sample.hinted and sample.accepted is not None]
    accepted = sum(bool(sample.accepted) for sample in unaided)
    # of several rounds of one sampler the first
    rates = {sample.policy: sample.pass_rate for sample in reversed(unaided)}
    usable = [sample for sample in unaided if _usable(sample, settings)]
    if not accepted and settings.with_rationalised:
        hinted = [sample for sample in samples if sample.hinted and _usable(sample, settings)]
        usable = [sample for sample in hinted if not _mentions_hint(sample)]
    kept = distinct(usable, settings)[: settings.top_k]
    for rank, sample in enumerate(kept, start=1):
        yield selection(sample, rank, num_draws=len(unaided), pass_rate=rates.get(sample.policy))


def selection(sample: Candidate, rank: int, *, num_draws: int, pass_rate: float | None) -> RftSelection:
    """The row that learns ``sample``."""
    return RftSelection(
        problem_id=sample.problem_id,
        rank=rank,
        prompt=sample.prompt,
        completion=sample.completion,
        kind="rationalised" if sample.hinted else "sampled",
        reward=sample.reward,
        path=sample.path,
        pass_rate=pass_rate,
        num_draws=num_draws,
        policy=sample.policy,
        sample=sample.sample,
        family=sample.family,
        difficulty=sample.difficulty,
        num_tokens=sample.num_tokens,
        split_group=sample.split_group,
        completion_key=sample.completion_key,
    )


def _usable(sample: Candidate, settings: SelectionSettings) -> bool:
    if not sample.accepted or sample.finish_reason != "stop":
        return False
    if settings.min_reward is not None and (sample.reward is None or sample.reward < settings.min_reward):
        return False
    return not (settings.check_equations and wrong_equations(sample.completion))


def _mentions_hint(sample: Candidate) -> bool:
    text = sample.completion.lower()
    return any(phrase in text for phrase in HINT_PHRASES)


def distinct(usable: Sequence[S], settings: KeptSettings) -> list[S]:
    """One sample per path, best first; the same whatever the order of ``usable``.

    A sample without equations is a path of its own text.
    """
    kept: dict[str, S] = {}
    for sample in sorted(usable, key=lambda sample: _order(sample, settings)):
        path = sample.path if settings.distinct == "path" else None
        route = path or f"text:{sample.completion.strip()}"
        rival = kept.get(route)
        if rival is None:
            kept[route] = sample
        elif (rival.reward or 0.0) == (sample.reward or 0.0):
            others = [other.completion for other in kept.values() if other is not rival]
            if _distance(sample.completion, others) > _distance(rival.completion, others):
                kept[route] = sample
    return sorted(kept.values(), key=lambda sample: _order(sample, settings))


def _order(sample: Candidate | RftSelection, settings: KeptSettings) -> tuple[float, str]:
    """By reward, and by chance where it is equal, so that early samples have no advantage."""
    return -(sample.reward or 0.0), digest([settings.seed, sample.completion_key])


def _distance(text: str, others: Iterable[str]) -> int:
    """The sum of Levenshtein distances to the others (Yuan et al. 2023, section 3.3)."""
    return sum(Levenshtein.distance(text, other) for other in others)


def _gold(solution: GoldSolution) -> RftSelection:
    return RftSelection(
        problem_id=solution.problem_id,
        rank=0,
        prompt=solution.prompt,
        completion=solution.completion,
        kind="gold",
        reward=None,
        path=None,
        pass_rate=None,
        num_draws=0,
        policy=None,
        sample=None,
        family=solution.family,
        difficulty=solution.difficulty,
        num_tokens=None,
        split_group=solution.split_group,
        completion_key=None,
    )
