"""AI judgements: every pair under principles drawn for its prompt, in both orders (Bai et al. 2022, §4).

A judge with a strong liking for a position can be calibrated: its verdict on two identical responses
is nothing but position, and is taken off (in logits), as content-free calibration does (Zhao et al. 2021).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from datasets_registry.hashing import ranked
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.words import RULE_JUDGE, Kind, Signal
from datasets_registry.settings import Distinct, Seed, Settings
from generation.completer import Complete
from generation.spending import NOTHING
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.judging.answers import answers_of
from methods.judging.asking import WINDOW
from methods.judging.comparison import (
    Comparison,
    ComparisonSettings,
    Order,
    asking,
    comparison_templates,
    comparisons,
)
from methods.judging.conversation import conversation_of
from methods.judging.rules import Rule, judge_by_rule
from methods.judging.verdict import Verdict, read_verdict
from methods.method import Inputs, Method, Model, Models


class JudgingSettings(ComparisonSettings):
    """Which signals are judged for each kind of prompt, under how many principles of each."""

    num_principles: Annotated[int, Field(ge=1)] | Literal["all"] = 1
    signals: Mapping[Kind, Annotated[tuple[Signal, ...], Distinct]] = Field(
        default={"red_team": ("harmlessness",), "helpful": ("helpfulness",)}
    )
    seed: Seed = 0

    @property
    def comparison(self) -> ComparisonSettings:
        """How one comparison is asked, without what decides which are."""
        return ComparisonSettings(**self.model_dump(include=set(ComparisonSettings.model_fields)))


class JudgedPrinciple(Settings):
    """A principle as a judge is asked about it, or as its rule decides it."""

    signal: Signal
    preference_question: str = ""
    rule: Rule | None = None


class JudgementSettings(JudgingSettings):
    """How pairs are judged, under which principles by id; every judged signal has one."""

    principles: Mapping[str, JudgedPrinciple]

    @model_validator(mode="after")
    def _has_principles(self) -> "JudgementSettings":
        missing = {signal for signals in self.signals.values() for signal in signals}
        missing -= {principle.signal for principle in self.principles.values()}
        if missing:
            raise ValueError(f"signals ask for {min(missing)}, and principles has none of it: add one")
        return self

    def principles_of(self, kind: Kind, prompt_id: str) -> list[str]:
        """The ids that judges are asked about for a prompt's pairs, drawn by signal.

        Another prompt or principle moves few of them.
        """
        drawn: list[str] = []
        for signal in self.signals.get(kind, ()):
            ids = [
                principle_id
                for principle_id, principle in self.principles.items()
                if principle.signal == signal and principle.preference_question
            ]
            count = len(ids) if self.num_principles == "all" else self.num_principles
            drawn += ranked(ids, self.seed, prompt_id)[:count]
        return drawn

    def rules_of(self, kind: Kind) -> dict[str, Rule]:
        """The rules that decide pairs of a kind of prompt, by principle: all, as they are free."""
        return {
            name: principle.rule
            for name, principle in self.principles.items()
            if principle.rule and principle.signal in self.signals.get(kind, ())
        }


class _Call(NamedTuple):
    pair: CompletionPair
    order: Order
    principle_id: str
    comparison: Comparison


def make_judgements(inputs: Inputs, models: Models, settings: JudgementSettings) -> Iterator[AiJudgement]:
    """The judgements of every judge on each usable pair, and those of rules."""
    for pair in inputs.stream(CompletionPair):
        yield from judge_by_rules([pair], settings)
    judges = models.every("judges") if _asks(settings) else ()
    _hold_to_budget(judges, inputs, settings)
    for judge in judges:
        with judge.completer() as complete:
            model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
            yield from judge_pairs(inputs.stream(CompletionPair), judge.name, answers, model, settings)


def _hold_to_budget(judges: Iterable[Model], inputs: Inputs, settings: JudgementSettings) -> None:
    """Raise OverBudget before any judge is asked where all of them would cost more."""
    plan = NOTHING
    for judge in judges:
        with judge.completer() as complete:
            model, pairs = complete.backend.fingerprint, inputs.stream(CompletionPair)
            plan = allow(complete, "calls of judges", _judged(pairs, judge.name, model, settings), plan)


def judge_pairs(
    pairs: Iterable[CompletionPair],
    judge: str,
    complete: Complete,
    model: str,
    settings: JudgementSettings,
) -> Iterator[AiJudgement]:
    """The judgements of ``judge``, whose fingerprint is ``model``, on each usable pair."""
    return in_order(complete, f"calls of judge {judge}", _judged(pairs, judge, model, settings), WINDOW)


def _judged(
    pairs: Iterable[CompletionPair], judge: str, model: str, settings: JudgementSettings
) -> Iterator[Task[AiJudgement]]:
    usable = (pair for pair in pairs if pair.failure is None)
    return (_judgement(call, judge, model, settings) for pair in usable for call in _calls(pair, settings))


def _judgement(call: _Call, judge: str, model: str, settings: JudgementSettings) -> Task[AiJudgement]:
    answer = yield from asking(call.comparison, model, settings)
    return AiJudgement(
        pair_id=call.pair.pair_id,
        order=call.order,
        principle_id=call.principle_id,
        judge=judge,
        signal=settings.principles[call.principle_id].signal,
        judgement_key=answer.key,
        sample_keys=list(answer.sample_keys),
        reasoning_key=answer.reasoning_key,
        **read_verdict(answer, settings).model_dump(),
    )


def judge_by_rules(pairs: Iterable[CompletionPair], settings: JudgementSettings) -> list[AiJudgement]:
    """The judgements of the principles' rules on each usable pair, in both orders; no call is made."""
    return [
        AiJudgement(
            pair_id=pair.pair_id,
            order=order,
            principle_id=name,
            judge=RULE_JUDGE,
            signal=settings.principles[name].signal,
            judgement_key=None,
            sample_keys=[],
            reasoning_key=None,
            **verdict.model_dump(),
        )
        for pair in pairs
        if pair.failure is None
        for name, rule in settings.rules_of(pair.kind).items()
        for order, verdict in _by_rule(rule, pair).items()
    ]


def _by_rule(rule: Rule, pair: CompletionPair) -> dict[Order, Verdict]:
    thinks = pair.thinks_a, pair.thinks_b
    return judge_by_rule(rule, conversation_of(pair), pair.completion_a, pair.completion_b, thinks)


def _asks(settings: JudgementSettings) -> bool:
    """Whether any principle has a question for a judge."""
    return any(principle.preference_question for principle in settings.principles.values())


def _calls(pair: CompletionPair, settings: JudgementSettings) -> Iterator[_Call]:
    messages, a, b = conversation_of(pair), pair.completion_a, pair.completion_b
    for name in settings.principles_of(pair.kind, pair.prompt_id):
        question = settings.principles[name].preference_question
        for order, comparison in comparisons(messages, a, b, question, settings).items():
            yield _Call(pair, order, name, comparison)


AI_JUDGEMENTS = Method(
    run=make_judgements,
    settings=JudgementSettings,
    rows=AiJudgement,
    prompts=comparison_templates,
    generates=True,
)
