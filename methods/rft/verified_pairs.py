"""Pairs for DPO out of candidates: an accepted and a rejected sample of each problem, without a call."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from pydantic import Field

from datasets_registry.hashing import content_id, digest
from datasets_registry.rows.rft import Candidate, VerifiedPair
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models
from methods.rft.rates.kept import kept_candidates


class VerifiedPairSettings(Settings):
    """How many pairs a problem gives, and whether both sides of a pair are of like length."""

    per_problem: int = Field(1, ge=1)
    length_matched: bool = True
    seed: Seed = 0


def make_verified_pairs(
    inputs: Inputs, models: Models, settings: VerifiedPairSettings
) -> Iterator[VerifiedPair]:
    """Pairs of an accepted and a rejected completion out of ``candidates``; where there are rates, of those
    that ``prompt_pass_rates`` keep.
    """
    return verified_pairs(kept_candidates(inputs), settings)


VERIFIED_PAIRS = Method(make_verified_pairs, VerifiedPairSettings, VerifiedPair)


def verified_pairs(candidates: Iterable[Candidate], settings: VerifiedPairSettings) -> Iterator[VerifiedPair]:
    """Pairs of samples of one policy for one problem; ``candidates`` come sorted by problem and policy.

    Both sides are cycled through, so that all of the scarcer side are used (IRPO, Pang et al. 2024).
    Truncated, failed and hinted samples make no pair: a completion that was cut off is not a mistake.
    """
    for _, group in groupby(candidates, key=attrgetter("problem_id", "policy")):
        whole = [sample for sample in group if sample.finish_reason == "stop" and not sample.hinted]
        right, wrong = (
            _distinct([sample for sample in whole if sample.accepted is side], settings)
            for side in (True, False)
        )
        yield from (_pair(*matched) for matched in _matched(right, wrong, settings))


def _distinct(samples: Sequence[Candidate], settings: VerifiedPairSettings) -> list[Candidate]:
    """Each text once, in an order drawn by content."""
    ordered = sorted(samples, key=attrgetter("completion_key"))
    texts = {sample.completion.strip(): sample for sample in ordered}
    return sorted(texts.values(), key=lambda sample: digest([settings.seed, sample.completion_key]))


def _matched(
    right: Sequence[Candidate], wrong: Sequence[Candidate], settings: VerifiedPairSettings
) -> list[tuple[Candidate, Candidate]]:
    if not right or not wrong:
        return []
    pairs: dict[tuple[str, str], tuple[Candidate, Candidate]] = {}
    for turn in range(max(len(right), len(wrong))):
        chosen, rejected = right[turn % len(right)], wrong[turn % len(wrong)]
        if settings.length_matched:
            taken = {
                rejected_key for chosen_key, rejected_key in pairs if chosen_key == chosen.completion_key
            }
            free = [sample for sample in wrong if sample.completion_key not in taken]
            rejected = _of_like_length(chosen, free or wrong)
        pairs.setdefault((chosen.completion_key, rejected.completion_key), (chosen, rejected))
    return list(pairs.values())[: settings.per_problem]


def _of_like_length(chosen: Candidate, wrong: Sequence[Candidate]) -> Candidate:
    return min(wrong, key=lambda sample: abs(sample.num_tokens - chosen.num_tokens))


def _pair(chosen: Candidate, rejected: Candidate) -> VerifiedPair:
    return VerifiedPair(
        pair_id=content_id(chosen.problem_id, chosen.completion, rejected.completion),
        problem_id=chosen.problem_id,
        prompt=chosen.prompt,
        chosen=chosen.completion,
        rejected=rejected.completion,
        reward_chosen=chosen.reward,
        reward_rejected=rejected.reward,
        num_tokens_chosen=chosen.num_tokens,
        num_tokens_rejected=rejected.num_tokens,
        propensity=chosen.propensity,
        policy=chosen.policy,
        split_group=chosen.split_group,
        chosen_key=chosen.completion_key,
        rejected_key=rejected.completion_key,
    )
