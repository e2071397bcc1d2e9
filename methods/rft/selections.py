"""Rejection sampling: which verified draws of a problem are learned (RFT, Yuan et al. 2023; STaR)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Literal

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from datasets_registry.hashing import digest
from datasets_registry.rows.rft import Candidate, GoldSolution, RftSelection
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from methods.rft.equations import wrong_equations

# a model that tells of its hint gives it away
GIVEN_AWAY = ("the answer is given", "given that the answer", "given the answer", "hint")


class SelectionSettings(Settings):
    """What is kept of each problem's draws.

    One draw per distinct path (or text); of equal paths the one that is farther, in edits, from the
    other kept ones. Of these the ``top_k`` by reward (None keeps all) with at least ``min_reward``.
    ``check_equations`` drops draws with an equation that does not hold, as RFT does.
    """

    top_k: int | None = Field(4, ge=1)
    min_reward: float | None = None
    distinct: Literal["path", "text"] = "path"
    check_equations: bool = True
    with_gold: bool = True
    with_rationalised: bool = True
    seed: int = 0


def make_selections(inputs: Inputs, models: Models, settings: SelectionSettings) -> Iterator[RftSelection]:
    """The completions to learn, of all datasets of ``candidates`` and, where wanted, ``gold_solutions``."""
    gold = inputs.rows(GoldSolution) if settings.with_gold else []
    return select(inputs.stream(Candidate), gold, settings)


RFT_SELECTIONS = Method(make_selections, SelectionSettings, RftSelection)


def select(
    candidates: Iterable[Candidate], gold: Sequence[GoldSolution], settings: SelectionSettings
) -> Iterator[RftSelection]:
    """The kept completions, problem by problem; ``candidates`` come sorted by problem.

    Draws of several policies and rounds are one pool. Hinted draws count only where no other is accepted.
    """
    if settings.with_gold:
        yield from map(_gold, gold)
    for _, group in groupby(candidates, key=attrgetter("problem_id")):
        # a draw that an earlier round has too is one draw, as the first of them tells it
        draws = dict[str, Candidate]()
        for one in group:
            draws.setdefault(one.completion_key, one)
        yield from _of_problem(list(draws.values()), settings)


def _of_problem(draws: Sequence[Candidate], settings: SelectionSettings) -> Iterator[RftSelection]:
    unaided = [one for one in draws if not one.hinted and one.accepted is not None]
    accepted = sum(bool(one.accepted) for one in unaided)
    rate = accepted / len(unaided) if unaided else None
    usable = [one for one in unaided if _usable(one, settings)]
    if not accepted and settings.with_rationalised:
        usable = [one for one in draws if one.hinted and _usable(one, settings) and not _gives_away(one)]
    kept = distinct(usable, settings)[: settings.top_k]
    for rank, one in enumerate(kept, start=1):
        yield RftSelection(
            problem_id=one.problem_id,
            rank=rank,
            prompt=one.prompt,
            completion=one.completion,
            kind="rationalised" if one.hinted else "sampled",
            reward=one.reward,
            path=one.path,
            pass_rate=rate,
            num_draws=len(unaided),
            policy=one.policy,
            sample=one.sample,
            family=one.family,
            difficulty=one.difficulty,
            num_tokens=one.num_tokens,
            split_group=one.split_group,
            completion_key=one.completion_key,
        )


def _usable(one: Candidate, settings: SelectionSettings) -> bool:
    if not one.accepted or one.finish_reason != "stop":
        return False
    if settings.min_reward is not None and (one.reward is None or one.reward < settings.min_reward):
        return False
    return not (settings.check_equations and wrong_equations(one.completion))


def _gives_away(one: Candidate) -> bool:
    said = one.completion.lower()
    return any(phrase in said for phrase in GIVEN_AWAY)


def distinct(usable: Sequence[Candidate], settings: SelectionSettings) -> list[Candidate]:
    """One draw per path, best first; the same whatever the order of ``usable``.

    A draw without equations is a path of its own text.
    """
    kept: dict[str, Candidate] = {}
    for one in sorted(usable, key=lambda one: _order(one, settings)):
        name = one.path if settings.distinct == "path" and one.path else f"text:{one.completion.strip()}"
        held = kept.get(name)
        if held is None:
            kept[name] = one
        elif (held.reward or 0.0) == (one.reward or 0.0):
            others = [other.completion for other in kept.values() if other is not held]
            if _distance(one.completion, others) > _distance(held.completion, others):
                kept[name] = one
    return sorted(kept.values(), key=lambda one: _order(one, settings))


def _order(one: Candidate, settings: SelectionSettings) -> tuple[float, str]:
    """By reward, and by chance where it is equal, so that early draws have no advantage."""
    return -(one.reward or 0.0), digest([settings.seed, one.completion_key])


def _distance(text: str, others: Iterable[str]) -> int:
    """The sum of Levenshtein distances to the others (Yuan et al. 2023, section 3.3)."""
    return sum(Levenshtein.distance(text, other) for other in others)


def _gold(one: GoldSolution) -> RftSelection:
    return RftSelection(
        problem_id=one.problem_id,
        rank=0,
        prompt=one.prompt,
        completion=one.completion,
        kind="gold",
        reward=None,
        path=None,
        pass_rate=None,
        num_draws=0,
        policy=None,
        sample=None,
        family=one.family,
        difficulty=one.difficulty,
        num_tokens=None,
        split_group=one.split_group,
        completion_key=None,
    )
