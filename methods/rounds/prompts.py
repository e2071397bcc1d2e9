"""The prompts of a round: its slice of the prompt sets, and failures of earlier rounds fed back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field, model_validator

from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.words import Kind
from methods.judging.answers import answers_of
from methods.method import Inputs, Method, Model, Models
from methods.rounds.feedback import FeedbackSettings, most_fed, open_failures
from methods.rounds.selection import KINDS, RedTeamSelection, Sources, sources_of
from methods.rounds.slices import SliceSettings, slice_of
from methods.rounds.variants import TEMPLATE, variants


class RoundPromptSettings(SliceSettings):
    """How many prompts of each kind a round asks; what red-teams rounds; how failures are fed back.

    A number of 0 leaves a kind out, and None takes all of it, the same every round. ``selection`` keeps the
    never-fed prompts out of the slices, so that it has to be the same for all rounds.
    """

    red_team: int | None = Field(None, ge=0)
    helpful: int | None = Field(None, ge=0)
    selection: RedTeamSelection | None = None
    feedback: FeedbackSettings | None = None

    @model_validator(mode="after")
    def _feeds_what_it_selects(self) -> "RoundPromptSettings":
        if self.feedback and not self.selection:
            raise ValueError("feedback needs to know which prompts red-team the rounds: give selection too")
        if self.prompts == "slices" and None in (self.red_team, self.helpful):
            raise ValueError(
                "fresh slices need a number of red_team and of helpful prompts a round: name both (0 leaves "
                "a kind out), or set prompts = 'same'"
            )
        return self

    def number(self, kind: Kind) -> int | None:
        """How many prompts of a kind are asked."""
        return self.red_team if kind == "red_team" else self.helpful


def make_round_prompts(inputs: Inputs, models: Models, settings: RoundPromptSettings) -> list[RoundPrompt]:
    """The round's slice of both kinds, then as many failures of each kind as its share allows.

    Raises BadInput where there are too few prompts, or they are held out for evaluation.
    """
    sources = sources_of(inputs, settings.selection)
    sliced = slices(sources, settings)
    if settings.feedback is None:
        return sliced
    failures = open_failures(inputs.rows(RedTeamFailure), settings.round, settings.feedback)
    known = _known(sources, inputs.rows(RoundPrompt))
    failed = {kind: _failed(failures[kind], known, settings.round) for kind in KINDS}
    feeding = Feeding(sliced, failed, [*sources.every, *known.values()], settings.feedback)
    return [*sliced, *feeding.fed(models)]


def slices(sources: Sources, settings: RoundPromptSettings) -> list[RoundPrompt]:
    """The round's slice of both kinds; raises BadInput where there are too few prompts."""
    return [prompt for kind in KINDS for prompt in _slice(sources.of_rounds(kind), kind, settings)]


def _slice(prompts: Sequence[Prompt], kind: Kind, settings: RoundPromptSettings) -> list[RoundPrompt]:
    what = f"{kind} prompts of rounds"
    chosen = slice_of(prompts, settings.number(kind), settings, lambda prompt: prompt.prompt_id, what)
    origin = "slice" if settings.prompts == "slices" else "same"
    own = {"kind": kind, "round": settings.round, "origin": origin}
    return [RoundPrompt.model_validate(dict(prompt) | own) for prompt in chosen]


def _known(sources: Sources, earlier: Iterable[RoundPrompt]) -> dict[str, Prompt]:
    """The prompts that may be fed by id: those of the prompt sets, and variants of them of earlier rounds."""
    known = {prompt.prompt_id: prompt for kind in KINDS for prompt in sources.of_rounds(kind)}
    groups = {prompt.split_group for prompt in known.values()}
    variants_made = [prompt for prompt in earlier if prompt.parent_id and prompt.split_group in groups]
    return {prompt.prompt_id: prompt for prompt in variants_made} | known


def _failed(
    failures: Iterable[RedTeamFailure], known: Mapping[str, Prompt], number: int
) -> list[RoundPrompt]:
    """The prompts of failures; one that is gone from its set, or held out by now, is fed no more."""
    return [
        as_failure(failure, known[failure.prompt_id], number)
        for failure in failures
        if failure.prompt_id in known
    ]


@dataclass(frozen=True)
class Feeding:
    """What a round's slice is joined by: ``failed`` prompts by kind; ``known`` is what no variant repeats."""

    sliced: Sequence[RoundPrompt]
    failed: Mapping[Kind, Sequence[RoundPrompt]]
    known: Sequence[Prompt]
    settings: FeedbackSettings

    def fed(self, models: Models) -> list[RoundPrompt]:
        """Failures of both kinds in equal number, with variants where they are fewer than may be fed."""
        asked = {prompt.prompt_id for prompt in self.sliced}
        fed = {kind: [each for each in self.failed[kind] if each.prompt_id not in asked] for kind in KINDS}
        most = most_fed(len(self.sliced), self.settings)
        # where a kind has no failure at all, nothing is fed and no variant is drawn
        if self.settings.variants and most and all(self.failed.values()):
            scarce = [kind for kind in KINDS if len(fed[kind]) < most]
            for variant in self._variants(scarce, most, models["rewriter"]):
                fed[variant.kind].append(variant)
        each_kind = min(most, *map(len, fed.values()))
        return [prompt for kind in KINDS for prompt in fed[kind][:each_kind]]

    def _variants(self, kinds: Sequence[Kind], most: int, rewriter: Model) -> list[RoundPrompt]:
        """Variants of the first failures of each kind; a variant has none of its own."""
        parents = [
            parent
            for kind in kinds
            for parent in [each for each in self.failed[kind] if each.parent_id is None][:most]
        ]
        with rewriter.completer() as complete:
            model, answers = complete.backend.fingerprint, answers_of(complete, rewriter.thought_marks)
            return variants(parents, self.known, answers, model, self.settings)


def as_failure(failure: RedTeamFailure, prompt: Prompt, number: int) -> RoundPrompt:
    """The prompt that failed, as one of round ``number``."""
    own = {
        "kind": failure.kind,
        "round": number,
        "origin": "variant" if isinstance(prompt, RoundPrompt) and prompt.parent_id else "failure",
        "from_round": failure.round,
        "failure_kind": failure.failure_kind,
    }
    return RoundPrompt.model_validate(dict(prompt) | own)


def _templates(settings: RoundPromptSettings) -> tuple[str, ...]:
    return (TEMPLATE,) if settings.feedback and settings.feedback.variants else ()


ROUND_PROMPTS = Method(
    run=make_round_prompts,
    settings=RoundPromptSettings,
    rows=RoundPrompt,
    prompts=_templates,
    generates=True,
)
