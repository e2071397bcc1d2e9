"""How samples of rounds become pairs: by a behaviour, or by two signals that conflict."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from statistics import fmean, pstdev

from datasets_registry.rows.rft import Candidate, VerifiedPair
from generation.scoring.combination import Combination, Score, reward
from methods.rft.verified_pairs import VerifiedPairSettings, verified_pairs

# a refusal and an answer are never of like length
ANY_LENGTH = VerifiedPairSettings(per_problem=1, length_matched=False)
COMBINATIONS: Mapping[str, Combination] = {
    "gated": Combination(rule="gated", gate="correctness", threshold=0.0),
    "weighted": Combination(rule="weighted", weights={"correctness": 0.5, "shortness": 0.5}),
    "worst": Combination(rule="worst"),
    "mean_minus_variance": Combination(rule="mean_minus_variance", variance_weight=0.5),
}


def pairs_by(samples: Sequence[Candidate], prefers: Callable[[Candidate], bool]) -> list[VerifiedPair]:
    """A pair of each problem of which some samples are preferred and others are not."""
    labelled = [sample.model_copy(update={"accepted": prefers(sample)}) for sample in samples]
    return list(verified_pairs(labelled, ANY_LENGTH))


def pairs_by_reward(samples: Sequence[Candidate], combination: Combination) -> list[VerifiedPair]:
    """The best and the worst sample of each problem, by correctness and shortness combined."""
    rewarded = list(_rewarded(samples, combination))
    extremes = [
        sample.model_copy(update={"accepted": sample is best})
        for _, group in groupby(rewarded, key=attrgetter("problem_id"))
        for best, worst in [_ends(list(group))]
        if best.reward != worst.reward
        for sample in (best, worst)
    ]
    return list(verified_pairs(extremes, ANY_LENGTH))


def _ends(group: Sequence[Candidate]) -> tuple[Candidate, Candidate]:
    ordered = sorted(group, key=lambda sample: (sample.reward, sample.completion_key))
    return ordered[-1], ordered[0]


def _rewarded(samples: Sequence[Candidate], combination: Combination) -> Iterator[Candidate]:
    whole = [sample for sample in samples if sample.finish_reason == "stop"]
    signals = {
        "correctness": _scores([float(bool(sample.accepted)) for sample in whole]),
        "shortness": _scores([-float(sample.num_tokens) for sample in whole]),
    }
    for place, sample in enumerate(whole):
        scores = {signal: values[place] for signal, values in signals.items()}
        yield sample.model_copy(update={"reward": reward(scores, combination)})


def _scores(raw: Sequence[float]) -> list[Score]:
    """In deviations of all samples, as a reward model's are in those of its held-out rows."""
    mean, deviation = fmean(raw), pstdev(raw) or 1.0
    return [Score(standardized=(value - mean) / deviation, raw=value) for value in raw]
