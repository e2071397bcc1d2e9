"""What a judge that cannot read the passage, or can, says of two answers: by choice, or in its own words."""

from collections.abc import Mapping, Sequence

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.oversight.questions import OversightQuestion, Side
from generation.request import Request
from methods.judging.asking import Asking
from methods.judging.comparison import FORM, Answer, answers_to
from methods.judging.questions import letter_requests, own_turn_requests, read_reply
from methods.judging.quotation import quoted
from methods.judging.verdict import read_verdict
from methods.oversight.arguing import Bout, answer_of
from methods.oversight.asked import Asked, num_tokens, sample_for
from methods.oversight.quotes import marked
from methods.oversight.seats import Opinion, Seat
from methods.oversight.settings import DebateSettings
from methods.templates import fill

# several replies of the judge's own, each with its reasons
_WORDS = Asking(verdicts="text", begun=False)


def judge_texts(
    stage: str, seats: Sequence[Seat], texts: Sequence[str], judge: Asked, settings: DebateSettings
) -> list[Opinion]:
    """The judge's opinion of each seat by the text that it reads, all asked in one call."""
    calls = [letter_requests((), text, FORM, settings.comparison) for text in texts]
    answers = answers_to(stage, calls, judge.complete, judge.model) if calls else []
    return [_opinion(seat, answer, settings) for seat, answer in zip(seats, answers, strict=True)]


def _opinion(seat: Seat, answer: Answer, settings: DebateSettings) -> Opinion:
    verdict, replies = read_verdict(answer, settings.comparison), (answer.completion, *answer.samples)
    p_first = verdict.p_first if verdict.failure is None else None
    return Opinion(
        None if p_first is None else _of_a(p_first, swap=seat.swap),
        verdict.failure,
        (answer.key, *answer.sample_keys),
        sum(reply.num_completion_tokens for reply in replies),
        sum(reply.num_prompt_tokens for reply in replies),
        len(replies),
    )


def _of_a(p_first: float, *, swap: bool) -> float:
    return 1 - p_first if swap else p_first


def judge_by_itself(
    budgets: Mapping[Seat, int], judge: Asked, settings: DebateSettings
) -> dict[Seat, Opinion]:
    """The judge's replies without the passage, drawn until they took as many tokens as the debate.

    Its probability is the share of the replies that choose; a question on which none does has no opinion.
    """

    def request(seat: Seat, number: int) -> Request:
        tokens = settings.own_answers.max_tokens
        (first,) = own_turn_requests((), blind_text(seat.question, seat.swap), FORM, _WORDS, tokens)
        seed = derive_seed(settings.seed, "own", seat.question.question_id, seat.swap)
        return first.model_copy(update={"params": settings.own_answers, "seed": seed, "sample": number})

    samples = sample_for("own replies", budgets, request, judge, settings.max_samples)
    opinions = {}
    for seat, replies in samples.items():
        read = [read_reply(completion, FORM, _WORDS) for completion, _ in replies]
        chosen = [reply.option for reply in read if reply.option]
        p_first = chosen.count("A") / len(chosen) if chosen else None
        opinions[seat] = Opinion(
            None if p_first is None else _of_a(p_first, swap=seat.swap),
            None if chosen else f"none of {len(read)} replies chooses: {read[0].failure}",
            tuple(key for _, key in replies),
            num_tokens(replies),
            sum(completion.num_prompt_tokens for completion, _ in replies),
            len(replies),
        )
    return opinions


def blind_text(question: OversightQuestion, swap: bool) -> str:
    """What a judge without the passage and without a debate reads."""
    return fill("blind_verdict", **_shown(question, swap))


def passage_text(question: OversightQuestion, swap: bool) -> str:
    """What a judge with the passage reads."""
    return fill("passage_verdict", passage=quoted(question.passage or ""), **_shown(question, swap))


def argued_text(bout: Bout, swap: bool) -> str:
    """What a judge reads of a debate, or of what a consultant said."""
    template = "debate_verdict" if len(bout.sides) == 2 else "consultant_verdict"
    return fill(template, said=_said(bout, swap), **_shown(bout.question, swap))


def _shown(question: OversightQuestion, swap: bool) -> dict[str, str]:
    first, second = seated(swap)
    return {
        "question": quoted(question.prompt),
        "first": quoted(answer_of(question, first)),
        "second": quoted(answer_of(question, second)),
    }


def seated(swap: bool) -> tuple[Side, Side]:
    """The sides in the order of their seats."""
    return ("b", "a") if swap else ("a", "b")


def _said(bout: Bout, swap: bool) -> str:
    """The rounds, in each of which the first seat comes first."""
    letters = dict(zip(seated(swap), "AB", strict=True))
    turns = sorted(bout.turns, key=lambda turn: (turn.round, letters[turn.side]))
    return "\n\n".join(
        f"Round {turn.round}, for Response {letters[turn.side]}:\n"
        f"{quoted(marked(turn.argument, turn.quotes))}"
        for turn in turns
    )
