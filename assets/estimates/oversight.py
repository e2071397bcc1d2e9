"""What debates ask of models, and how many rows they have, at most."""

from assets.building.declared import Dataset
from assets.estimates.amount import CHOICE, PROMPT, QUESTION, Amount, Asked, Inputs, Rows
from methods.oversight.passages import PassageSettings, own_passages
from methods.oversight.preferences import PreferenceSettings
from methods.oversight.questions import QuestionSettings
from methods.oversight.settings import DebateSettings

SEATS = 2
# calls that score two whole solutions and two steps
SCORED = 4
# rows of a question in one seating: a consultant argues for either side
_ROWS = {"consultancy": 2}


def passages(dataset: Dataset, inputs: Inputs, settings: PassageSettings) -> Amount:
    """Our own questions."""
    return Amount(Rows(len(own_passages()) if settings.number is None else settings.number))


def oversight_questions(dataset: Dataset, inputs: Inputs, settings: QuestionSettings) -> Amount:
    """The questions of passages, and a pair of solutions of each problem and policy."""
    kinds = [inputs["passages"].train, inputs["candidates"].train // 2]
    return Amount(
        Rows(sum(kind if settings.number is None else min(kind, settings.number) for kind in kinds))
    )


def debates(dataset: Dataset, inputs: Inputs, settings: DebateSettings) -> Amount:
    """As many as questions on passages ask, which is more than worked solutions do."""
    questions, protocols = inputs["oversight_questions"].train, settings.protocols
    rows = SEATS * sum(_ROWS.get(protocol, 1) for protocol in protocols)
    speeches = settings.rounds * settings.best_of * _speakers(settings)
    said = settings.rounds * 2 * settings.arguments.max_tokens
    argued = _asked(dataset, "debater", questions * speeches, PROMPT + said, settings.arguments.max_tokens)
    chosen = SEATS if "open_consultancy" in protocols else 0
    argued += _asked(dataset, "debater", questions * chosen, QUESTION, CHOICE)
    verdicts = rows * settings.judging.samples + SCORED
    judged = _asked(dataset, "judge", questions * verdicts, QUESTION + said, CHOICE)
    own = settings.max_samples * SEATS if "self_consistency" in protocols else 0
    judged += _asked(dataset, "judge", questions * own, QUESTION, settings.own_answers.max_tokens)
    answers = own // SEATS + int("naive" in protocols)
    judged += _asked(dataset, "chains_judge", questions * SCORED, QUESTION, CHOICE)
    judged += _asked(dataset, "chains_judge", questions * answers, QUESTION, settings.own_answers.max_tokens)
    return Amount(Rows(questions * rows), argued + judged)


def _speakers(settings: DebateSettings) -> int:
    """Who speaks in a round: both sides, once for each seating where they take turns; and consultants."""
    debaters = 2 * (SEATS if settings.order == "in_turns" else 1) if "debate" in settings.protocols else 0
    consultants = 2 if "consultancy" in settings.protocols else int("open_consultancy" in settings.protocols)
    return debaters + consultants


def _asked(dataset: Dataset, role: str, calls: int, reads: int, writes: int) -> tuple[Asked, ...]:
    return tuple(Asked(model, calls, reads, writes) for model in dataset.models.get(role, ()))


def oversight_preferences(dataset: Dataset, inputs: Inputs, settings: PreferenceSettings) -> Amount:
    """A preference of each question."""
    return Amount(inputs["oversight_questions"])
