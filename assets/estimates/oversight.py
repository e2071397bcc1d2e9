"""What debates ask of models, and how many rows they have, at most."""

from assets.building.declared import Dataset
from assets.estimates.amount import CHOICE, PROMPT, QUESTION, Amount, Asked, Inputs, Rows
from methods.oversight.passages import PassageSettings, own_passages
from methods.oversight.preferences import PreferenceSettings
from methods.oversight.questions import QuestionSettings
from methods.oversight.settings import DebateSettings

SEATS = SIDES = 2
# rows of a question in one seating: a consultant argues for either side
_ROWS = {"consultancy": 2}
# protocols that show worked solutions as a whole
_WHOLE = {"direct", "consultancy", "open_consultancy"}


def passages(dataset: Dataset, inputs: Inputs, settings: PassageSettings) -> Amount:
    """Our own questions."""
    return Amount(Rows(len(own_passages()) if settings.number is None else settings.number))


def oversight_questions(dataset: Dataset, inputs: Inputs, settings: QuestionSettings) -> Amount:
    """The questions of passages, and a pair of solutions of each problem and policy."""
    candidates = inputs["candidates"]
    of_passages, of_chains = (
        there if settings.number is None else min(there, settings.number)
        for there in (
            inputs["passages"].train,
            min(candidates.train // SIDES, candidates.at_most(candidates.policies)),
        )
    )
    return Amount(Rows(of_passages + of_chains, passages=of_passages))


def debates(dataset: Dataset, inputs: Inputs, settings: DebateSettings) -> Amount:
    """What every protocol asks: all of it, unless an argument is void or the judge's own replies suffice."""
    questions = inputs["oversight_questions"]
    passages = min(questions.passages, questions.train)
    chains = questions.train - passages
    rows = SEATS * sum(_ROWS.get(protocol, 1) for protocol in settings.protocols)
    asked = (*_on_passages(dataset, passages, rows, settings), *_on_chains(dataset, chains, settings))
    return Amount(Rows(questions.train * rows), asked)


def _on_passages(dataset: Dataset, passages: int, rows: int, settings: DebateSettings) -> tuple[Asked, ...]:
    """Arguments, a verdict of each row, and the judge's own replies in both seatings."""
    argument, own = settings.arguments.max_tokens, settings.own_answers.max_tokens
    said = settings.rounds * SIDES * argument
    speeches = settings.rounds * settings.best_of * _speakers(settings)
    choices = SEATS if "open_consultancy" in settings.protocols else 0
    verdicts = rows - SEATS * _found(settings)
    return (
        *_asked(dataset, "debater", passages * speeches, PROMPT + said, argument),
        *_verdicts(dataset, "debater", passages * choices, QUESTION, settings),
        *_verdicts(dataset, "judge", passages * verdicts, QUESTION + said, settings),
        *_asked(dataset, "judge", passages * SEATS * _replies(settings), QUESTION, own),
    )


def _on_chains(dataset: Dataset, chains: int, settings: DebateSettings) -> tuple[Asked, ...]:
    """Likelihoods of steps and of whole solutions, and the judge's own answers; no seating is seen."""
    judge = "chains_judge" if dataset.models.get("chains_judge") else "judge"
    protocols = set(settings.protocols)
    scored = SIDES * (bool(protocols & _WHOLE) + ("debate" in protocols))
    choices = SIDES if "open_consultancy" in protocols else 0
    answers = _replies(settings) + ("naive" in protocols)
    return (
        *_asked(dataset, "debater", chains * choices, QUESTION, CHOICE),
        *_asked(dataset, judge, chains * scored, QUESTION, CHOICE),
        *_asked(dataset, judge, chains * answers, PROMPT, settings.own_answers.max_tokens),
    )


def _found(settings: DebateSettings) -> int:
    """Rows of a seating without a verdict of their own: replies, and what an assigned consultant said."""
    protocols = set(settings.protocols)
    return ("self_consistency" in protocols) + (protocols >= {"consultancy", "open_consultancy"})


def _replies(settings: DebateSettings) -> int:
    """The most that the judge says by itself."""
    return settings.max_samples if "self_consistency" in settings.protocols else 0


def _speakers(settings: DebateSettings) -> int:
    """Who speaks in a round: both sides, once for each seating where they take turns; and consultants."""
    debaters = 2 * (SEATS if settings.order == "in_turns" else 1) if "debate" in settings.protocols else 0
    consultants = 2 if "consultancy" in settings.protocols else int("open_consultancy" in settings.protocols)
    return debaters + consultants


def _verdicts(
    dataset: Dataset, role: str, verdicts: int, reads: int, settings: DebateSettings
) -> tuple[Asked, ...]:
    """A choice each, or as many replies in words as are counted."""
    asking = settings.judging
    writes = CHOICE if asking.verdicts == "probabilities" else asking.words().max_tokens
    return _asked(dataset, role, verdicts * asking.samples, reads, writes)


def _asked(dataset: Dataset, role: str, calls: int, reads: int, writes: int) -> tuple[Asked, ...]:
    return tuple(Asked(model, calls, reads, writes) for model in dataset.models.get(role, ()) if calls)


def oversight_preferences(dataset: Dataset, inputs: Inputs, settings: PreferenceSettings) -> Amount:
    """A preference of each question."""
    return Amount(Rows(inputs["oversight_questions"].train))
