"""Debates on worked solutions: a weaker judge decides the first step on which they differ."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.oversight.debates import Debate, Protocol, Turn
from datasets_registry.rows.oversight.questions import OversightQuestion, Side
from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.preference import sigmoid
from methods.oversight.arguing import answer_of
from methods.oversight.asked import Asked, Sampled, num_tokens, sample_for
from methods.oversight.likelihood import SIDES, Likelihood, likelihoods, narrowed, whole_solutions
from methods.oversight.seats import SEATINGS, Argued, Opinion, Seat, row_of, void
from methods.oversight.settings import DebateSettings
from methods.verifiers.contract import Verify

Judged = dict[tuple[str, Protocol, Argued], tuple[Opinion, tuple[Turn, ...], int]]
"""By question, protocol and sides: the opinion, what was shown of the solutions, and their tokens."""


def judge_chains(
    questions: Sequence[OversightQuestion],
    judge: Asked,
    settings: DebateSettings,
    verify: Verify,
    accepted: float | None = None,
    chosen: Mapping[str, Side | None] | None = None,
) -> Iterator[Debate]:
    """The rows of every protocol of the questions; no seat is seen, so that both have the same calls.

    From ``accepted`` on, a mean log-likelihood of a token, the judge accepts a solution that it is shown
    alone. ``chosen`` are the solutions for which an open consultant argues. ``verify`` reads what the
    judge's own answers end in.
    """
    judged: Judged = {}
    if "debate" in settings.protocols:
        judged |= _debates(questions, judge, settings)
    if {"direct", "consultancy", "open_consultancy"} & set(settings.protocols):
        judged |= _shown_whole(questions, judge, settings, accepted, chosen or {})
    judged |= _own_answers(questions, judge, settings, verify, judged)
    by_id = {question.question_id: question for question in questions}
    for (name, protocol, argued), (opinion, turns, tokens) in judged.items():
        question = by_id[name]
        debater = question.policy if turns else None
        for swap in SEATINGS:
            seat = Seat(question, protocol, swap, argued, debater, turns, tokens)
            yield row_of(seat, opinion, judge.name)


def _debates(questions: Sequence[OversightQuestion], judge: Asked, settings: DebateSettings) -> Judged:
    """The judge's likelihoods of the two steps, each after what its side wrote before."""
    disputed = {
        question.question_id: narrowed(question.answer_a, question.answer_b, settings.splitter)
        for question in questions
    }
    texts = [
        (question.prompt, side.before, side.step + side.end)
        for question in questions
        for both in [disputed[question.question_id]]
        if not isinstance(both, str)
        for side in both
    ]
    found = iter(likelihoods("disputed steps", texts, judge))
    judged: Judged = {}
    for question in questions:
        both = disputed[question.question_id]
        if isinstance(both, str):
            opinion, turns = void(both), tuple[Turn, ...]()
        else:
            a, b = next(found), next(found)
            opinion = _compared(a, b, a.logprob, b.logprob)
            turns = tuple(
                _turn(question, side, step.step, step.number) for side, step in zip(SIDES, both, strict=True)
            )
        judged[question.question_id, "debate", "both"] = opinion, turns, question.num_tokens or 0
    return judged


def _turn(question: OversightQuestion, side: Side, text: str, number: int) -> Turn:
    return Turn(
        round=number,
        side=side,
        argument=text,
        quotes=[],
        num_words=len(text.split()),
        truncated=False,
        flaw=None,
        num_drawn=1,
        score=None,
        completion_key=question.key_a if side == "a" else question.key_b,
    )


def _compared(a: Likelihood, b: Likelihood, for_a: float | None, for_b: float | None) -> Opinion:
    p_a = None if for_a is None or for_b is None else sigmoid(for_a - for_b)
    return Opinion(
        p_a,
        a.failure or b.failure,
        (a.key, b.key),
        a.num_tokens + b.num_tokens,
        a.num_read + b.num_read,
    )


def _shown_whole(
    questions: Sequence[OversightQuestion],
    judge: Asked,
    settings: DebateSettings,
    accepted: float | None,
    chosen: Mapping[str, Side | None],
) -> Judged:
    """Opinions of whole solutions: of both, and of one alone, which is accepted or not."""
    judged: Judged = {}
    whole = whole_solutions("whole solutions", questions, judge)
    for question, (a, b) in zip(questions, whole, strict=True):
        name, tokens = question.question_id, question.num_tokens or 0
        turns = {side: _turn(question, side, answer_of(question, side), 1) for side in SIDES}
        alone = {side: _accepted(side, of, accepted) for side, of in zip(SIDES, (a, b), strict=True)}
        if "direct" in settings.protocols:
            judged[name, "direct", "both"] = _compared(a, b, a.mean, b.mean), tuple(turns.values()), tokens
        if "consultancy" in settings.protocols:
            for side in SIDES:
                judged[name, "consultancy", side] = alone[side], (turns[side],), tokens
        if "open_consultancy" in settings.protocols:
            side_chosen = chosen.get(name)
            if side_chosen is None:
                judged[name, "open_consultancy", "none"] = void("the consultant chose no answer"), (), tokens
            else:
                opinion = alone[side_chosen]
                judged[name, "open_consultancy", side_chosen] = opinion, (turns[side_chosen],), tokens
    return judged


def _accepted(side: Side, solution: Likelihood, accepted: float | None) -> Opinion:
    if solution.mean is None or accepted is None:
        return Opinion(None, solution.failure or "no likelihood", (solution.key,), num_read=solution.num_read)
    p_side = sigmoid(solution.mean - accepted)
    p_a = p_side if side == "a" else 1 - p_side
    return Opinion(p_a, None, (solution.key,), solution.num_tokens, solution.num_read)


def _own_answers(
    questions: Sequence[OversightQuestion],
    judge: Asked,
    settings: DebateSettings,
    verify: Verify,
    judged: Judged,
) -> Judged:
    """What the judge answers by itself: once, greedily; and as often as the tokens of the debate allow."""
    by_id = {question.question_id: question for question in questions}
    greedy = settings.own_answers.model_copy(update={"temperature": 0.0})

    def sampled(protocol: Protocol, budgets: Mapping[str, int], most: int) -> Judged:
        params = greedy if protocol == "naive" else settings.own_answers
        samples = sample_for(protocol, budgets, _own(by_id, params, settings.seed), judge, most)
        return {
            (name, protocol, "none"): (_shared(by_id[name], replies, verify), (), 0)
            for name, replies in samples.items()
        }

    own: Judged = {}
    if "naive" in settings.protocols:
        own |= sampled("naive", dict.fromkeys(by_id, 1), 1)
    if "self_consistency" in settings.protocols:
        debates = {name: judged[name, "debate", "both"] for name in by_id}
        budgets = {name: opinion.num_tokens + tokens for name, (opinion, _, tokens) in debates.items()}
        own |= sampled("self_consistency", budgets, settings.max_samples)
    return own


def _own(
    by_id: Mapping[str, OversightQuestion], params: SamplingParams, seed: int
) -> Callable[[str, int], Request]:
    def request(name: str, number: int) -> Request:
        asked = Message(role="user", content=by_id[name].prompt)
        return Request(messages=(asked,), params=params, seed=derive_seed(seed, "own", name), sample=number)

    return request


def _shared(question: OversightQuestion, replies: Sampled, verify: Verify) -> Opinion:
    """The share of a among the answers that end as one of both does; one half where none does."""
    sides = [_side(question, completion, verify) for completion, _ in replies if completion.error is None]
    chosen = [side for side in sides if side is not None]
    failure = None if sides else f"error: {replies[0][0].error}"
    share = chosen.count("a") / len(chosen) if chosen else 0.5
    return Opinion(
        None if failure else share,
        failure,
        tuple(key for _, key in replies),
        num_tokens(replies),
        sum(completion.num_prompt_tokens for completion, _ in replies),
        len(replies),
    )


def _side(question: OversightQuestion, completion: Completion, verify: Verify) -> Side | None:
    """The solution that an answer ends as; what was cut off ends nowhere."""
    if completion.finish_reason == "length":
        return None
    ends = {"a": question.end_a, "b": question.end_b}
    return next((side for side in SIDES if verify(completion.text, ends[side] or "").accepted), None)
