"""Completion pairs: samples of a policy for each prompt, set beside one another for a judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pydantic import Field, model_validator

from datasets_registry.hashing import content_id, derive_seed, digest
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind
from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Completion, Request, SamplingParams
from methods.judging.conversation import failure_of, opening


class PairSelection(Settings):
    """How many samples are drawn and which are paired.

    ``adjacent`` pairs samples 0 and 1, 2 and 3 and so on; ``random`` draws ``pairs_per_prompt`` of all
    pairs; ``best_worst`` takes the samples that a judge's direct score puts highest and lowest.
    """

    num_samples: int = Field(2, ge=2, le=64)
    selection: Literal["adjacent", "random", "best_worst"] = "adjacent"
    pairs_per_prompt: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _enough_samples(self) -> "PairSelection":
        possible = self.num_samples * (self.num_samples - 1) // 2
        if self.selection == "random" and self.pairs_per_prompt > possible:
            raise ValueError(f"{self.num_samples} samples make {possible} pairs, not {self.pairs_per_prompt}")
        return self


class PairSettings(PairSelection):
    """The selection, and how samples are drawn."""

    system_prompt: str | None = None
    answers: SamplingParams
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """One completion of a prompt."""

    kind: Kind
    prompt: Prompt
    place: int
    completion: Completion
    key: str

    @property
    def text(self) -> str:
        """What the completion says."""
        return self.completion.text.strip()


# the judge's score of each sample, 1 to 10, or None where there is none
ScoreSamples = Callable[[Sequence[Sample]], Sequence[float | None]]


def draw_samples(
    prompts: Sequence[tuple[Kind, Prompt]], complete: Complete, model: str, settings: PairSettings
) -> list[Sample]:
    """``num_samples`` of each prompt; asking for more keeps those there are."""
    places = range(settings.num_samples)
    requests = [_request(one, place, settings) for _, one in prompts for place in places]
    completions = iter(zip(requests, complete("samples", requests), strict=True))
    return [
        Sample(kind, one, place, completion, request.key(model))
        for kind, one in prompts
        for place in places
        for request, completion in [next(completions)]
    ]


def pair_samples(
    samples: Sequence[Sample], settings: PairSettings, score: ScoreSamples | None = None
) -> list[CompletionPair]:
    """The pairs of each prompt; a pair that cannot be judged says why."""
    scores: dict[str, float | None] = {}
    if settings.selection == "best_worst":
        assert score is not None, "best_worst needs a judge's scores"
        whole = [one for one in samples if failure_of(one.completion) is None]
        scores = {one.key: found for one, found in zip(whole, score(whole), strict=True)}
    by_prompt: dict[str, list[Sample]] = {}
    for one in samples:
        by_prompt.setdefault(one.prompt.prompt_id, []).append(one)
    pairs = [
        _pair(a, b, scores) for group in by_prompt.values() for a, b in _selected(group, settings, scores)
    ]
    # equal samples make equal pairs, of which one is enough
    return list({one.pair_id: one for one in pairs}.values())


def _selected(
    group: Sequence[Sample], settings: PairSettings, scores: dict[str, float | None]
) -> list[tuple[Sample, Sample]]:
    if settings.selection == "adjacent":
        return list(zip(group[::2], group[1::2], strict=False))
    if settings.selection == "random":
        drawn = sorted(
            combinations(group, 2), key=lambda pair: digest([settings.seed, pair[0].key, pair[1].key])
        )
        return drawn[: settings.pairs_per_prompt]
    found = [(score, one.key, one) for one in group if (score := scores.get(one.key)) is not None]
    if len(found) < 2:
        return [(group[0], group[1])]
    worst, best = min(found, key=_first_two), max(found, key=_first_two)
    # which of them is a must say nothing about which is better
    ordered = sorted((worst[2], best[2]), key=lambda one: digest([settings.seed, "slot", one.key]))
    return [(ordered[0], ordered[1])]


def _first_two(entry: tuple[float, str, Sample]) -> tuple[float, str]:
    return entry[:2]


def _pair(a: Sample, b: Sample, scores: dict[str, float | None]) -> CompletionPair:
    one = a.prompt
    return CompletionPair(
        pair_id=content_id(one.prompt_id, a.completion.text, b.completion.text),
        prompt_id=one.prompt_id,
        prompt=one.prompt,
        history=one.history,
        kind=a.kind,
        category=one.category,
        split_group=one.split_group,
        completion_a=a.text,
        completion_b=b.text,
        sample_a=a.place,
        sample_b=b.place,
        finish_reason_a=a.completion.finish_reason,
        finish_reason_b=b.completion.finish_reason,
        score_a=scores.get(a.key),
        score_b=scores.get(b.key),
        failure=_failure(a, b),
        key_a=a.key,
        key_b=b.key,
    )


def _request(prompt: Prompt, place: int, settings: PairSettings) -> Request:
    return Request(
        messages=opening(prompt, settings.system_prompt),
        params=settings.answers,
        seed=derive_seed(settings.seed, prompt.prompt_id),
        sample=place,
    )


def _failure(a: Sample, b: Sample) -> str | None:
    for name, one in (("a", a), ("b", b)):
        failure = failure_of(one.completion)
        if failure is not None:
            return f"completion {name}: {failure}"
    return "identical completions" if a.text == b.text else None
