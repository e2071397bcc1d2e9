"""Completion pairs: samples of a policy for each prompt, set beside one another for a judge."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Literal

from pydantic import Field, TypeAdapter, model_validator

from datasets_registry.hashing import content_id, derive_seed, digest
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind, Signal
from datasets_registry.settings import Seed, Settings
from generation.completer import Complete
from generation.request import Completion, Request, SamplingParams, keys
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.judging.answers import answers_of, thinks
from methods.judging.conversation import conversation_of, failure_of, opening, opening_templates
from methods.judging.score import Scored, ScoreSettings, score_templates, scoring
from methods.kept import kept
from methods.method import Inputs, Method, Model, Models
from methods.prompt_sets import streamed_by_id

# samples that are under way at a time
WINDOW = 4_096


class PairSelection(Settings):
    """How many completions are sampled for each prompt, and which are paired.

    ``adjacent`` pairs samples 0 and 1, 2 and 3 and so on; ``random`` takes ``pairs_per_prompt`` of all
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
    """The selection, how completions are sampled and, for ``best_worst`` alone, how they are scored.

    The signal that weighs most for a kind of prompt scores its samples.
    """

    system_prompt: str | None = None
    answers: SamplingParams
    seed: Seed = 0
    scores: ScoreSettings | None = None
    weights: Mapping[Kind, Mapping[Signal, float]] | None = None

    @model_validator(mode="after")
    def _scores_what_it_selects_by(self) -> "PairSettings":
        selects = self.selection == "best_worst"
        if (self.scores is not None) != selects or (self.weights is not None) != selects:
            raise ValueError("scores and weights go with selection best_worst: give both or neither")
        return self

    @property
    def signals(self) -> dict[Kind, Signal]:
        """The signal that scores each kind of prompt; of equal weights, the first by name decides."""
        weighed = {kind: weights for kind, weights in (self.weights or {}).items() if weights}
        return {kind: max(sorted(weights), key=weights.__getitem__) for kind, weights in weighed.items()}


@dataclass(frozen=True)
class Sample:
    """One completion of a prompt."""

    kind: Kind
    prompt: Prompt
    number: int
    completion: Completion
    key: str

    @property
    def text(self) -> str:
        """What the completion says."""
        return self.completion.text.strip()


def make_pairs(inputs: Inputs, models: Models, settings: PairSettings) -> Iterator[CompletionPair]:
    """The pairs of the policy's samples for each training prompt, scored by the judge under best_worst."""
    samples = _samples(inputs, models["policy"], settings)
    if settings.scores is None:
        for alike in samples:
            yield from pair_samples(alike, settings)
        return
    judge = models["judge"]
    with kept(samples, TypeAdapter(list[Sample])) as drawn, judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        tasks = (_scored_pairs(alike, model, settings, settings.scores) for alike in drawn())
        yield from chain.from_iterable(in_order(answers, "scores of samples", tasks, _window(settings)))


def _samples(inputs: Inputs, policy: Model, settings: PairSettings) -> Iterator[list[Sample]]:
    """Those of each prompt, from either set, in the order of its id."""
    with policy.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, policy.thought_marks)
        allow(answers, "samples", _sampling(streamed_by_id(inputs, "train"), model, settings))
        tasks = _sampling(streamed_by_id(inputs, "train"), model, settings)
        yield from in_order(answers, "samples", tasks, _window(settings))


def sample_completions(
    prompts: Iterable[tuple[Kind, Prompt]], complete: Complete, model: str, settings: PairSettings
) -> list[Sample]:
    """``num_samples`` completions of each prompt; a larger number keeps those there are."""
    tasks = _sampling(([prompt] for prompt in prompts), model, settings)
    return list(chain.from_iterable(in_order(complete, "samples", tasks, _window(settings))))


def _window(settings: PairSettings) -> int:
    return max(1, WINDOW // settings.num_samples)


def _sampling(
    prompts: Iterable[Sequence[tuple[Kind, Prompt]]], model: str, settings: PairSettings
) -> Iterator[Task[list[Sample]]]:
    return (_sampled(alike, model, settings) for alike in prompts)


def _sampled(
    prompts: Sequence[tuple[Kind, Prompt]], model: str, settings: PairSettings
) -> Task[list[Sample]]:
    drawn = [(*prompt, number) for prompt in prompts for number in range(settings.num_samples)]
    requests = [_request(prompt, number, settings) for _, prompt, number in drawn]
    completions = yield requests
    found = zip(drawn, completions, keys(model, requests), strict=True)
    return [Sample(*about, completion, key) for about, completion, key in found]


def _scored_pairs(
    samples: Sequence[Sample], judge: str, settings: PairSettings, scores: ScoreSettings
) -> Task[list[CompletionPair]]:
    """The pairs of one prompt; its samples of a kind that has no signal have no score."""
    whole = {
        sample.key: Scored(conversation_of(sample.prompt), sample.text, settings.signals[sample.kind])
        for sample in samples
        if failure_of(sample.completion) is None and sample.kind in settings.signals
    }
    found = yield from scoring(whole.values(), judge, scores)
    known = {key: score.score for key, score in zip(whole, found, strict=True)}
    return pair_samples(samples, settings, known)


def pair_samples(
    samples: Sequence[Sample], settings: PairSettings, scores: Mapping[str, float | None] | None = None
) -> list[CompletionPair]:
    """The pairs of each prompt; ``scores`` are a judge's by key. A pair that cannot be judged says why."""
    by_prompt: dict[str, list[Sample]] = {}
    for sample in samples:
        by_prompt.setdefault(sample.prompt.prompt_id, []).append(sample)
    known = scores or {}
    pairs = [_pair(a, b, known) for group in by_prompt.values() for a, b in _selected(group, settings, known)]
    # equal samples make equal pairs, of which one is enough
    return list({pair.pair_id: pair for pair in pairs}.values())


def _selected(
    group: Sequence[Sample], settings: PairSettings, scores: Mapping[str, float | None]
) -> list[tuple[Sample, Sample]]:
    if settings.selection == "adjacent":
        return list(zip(group[::2], group[1::2], strict=False))
    if settings.selection == "random":
        pairs = sorted(
            combinations(group, 2), key=lambda pair: digest([settings.seed, pair[0].key, pair[1].key])
        )
        return pairs[: settings.pairs_per_prompt]
    scored = [
        (score, sample.key, sample) for sample in group if (score := scores.get(sample.key)) is not None
    ]
    if len(scored) < 2:
        return [(group[0], group[1])]
    worst, best = min(scored, key=_score_and_key), max(scored, key=_score_and_key)
    # which of them is a must say nothing about which is better
    a, b = sorted((worst[2], best[2]), key=lambda sample: digest([settings.seed, "slot", sample.key]))
    return [(a, b)]


def _score_and_key(entry: tuple[float, str, Sample]) -> tuple[float, str]:
    return entry[:2]


def _pair(a: Sample, b: Sample, scores: Mapping[str, float | None]) -> CompletionPair:
    prompt = a.prompt
    return CompletionPair(
        pair_id=content_id(prompt.prompt_id, a.completion.text, b.completion.text),
        prompt_id=prompt.prompt_id,
        prompt=prompt.prompt,
        history=prompt.history,
        kind=a.kind,
        category=prompt.category,
        split_group=prompt.split_group,
        completion_a=a.text,
        completion_b=b.text,
        sample_a=a.number,
        sample_b=b.number,
        finish_reason_a=a.completion.finish_reason,
        finish_reason_b=b.completion.finish_reason,
        thinks_a=thinks(a.completion),
        thinks_b=thinks(b.completion),
        score_a=scores.get(a.key),
        score_b=scores.get(b.key),
        failure=_failure(a, b),
        key_a=a.key,
        key_b=b.key,
    )


def _request(prompt: Prompt, number: int, settings: PairSettings) -> Request:
    return Request(
        messages=opening(prompt, settings.system_prompt),
        params=settings.answers,
        seed=derive_seed(settings.seed, prompt.prompt_id),
        sample=number,
    )


def _failure(a: Sample, b: Sample) -> str | None:
    for slot, sample in (("a", a), ("b", b)):
        failure = failure_of(sample.completion)
        if failure is not None:
            return f"completion {slot}: {failure}"
    return "identical completions" if a.text == b.text else None


def _templates(settings: PairSettings) -> tuple[str, ...]:
    scores = score_templates(settings.scores, settings.signals.values()) if settings.scores else ()
    return (*scores, *opening_templates(settings.system_prompt))


COMPLETION_PAIRS = Method(
    run=make_pairs, settings=PairSettings, rows=CompletionPair, prompts=_templates, generates=True
)
