"""What amplification asks of models, and how many rows it has, at most."""

from assets.building.declared import Dataset
from assets.estimates.amount import PROMPT, QUESTION, Amount, Asked, Inputs, Rows
from methods.oversight.amplification.settings import AmplificationSettings, LabelSettings

# parts into which a rule splits a question
HALVES = 2


def amplified_answers(dataset: Dataset, inputs: Inputs, settings: AmplificationSettings) -> Amount:
    """Trees in which every question is split as often as the budgets allow, and the direct answers."""
    problems = inputs["problems"].train
    chosen = min(settings.number or problems, problems)
    by_model = settings.decomposer == "model"
    parts = settings.children if by_model else min(HALVES, settings.children)
    levels = [parts**depth for depth in range(settings.depth + 1)]
    rows, answer = chosen * sum(levels), settings.answers.max_tokens
    asked = _asked(dataset, "policy", (rows + chosen) * settings.votes, PROMPT + answer, answer)
    split = chosen * sum(levels[:-1])
    asked += _asked(dataset, "decomposer", split, QUESTION, settings.splitting.max_tokens)
    return Amount(Rows(rows, problems=chosen), asked)


def amplified_labels(dataset: Dataset, inputs: Inputs, settings: LabelSettings) -> Amount:
    """A label of each tree."""
    answers = inputs["amplified_answers"]
    return Amount(Rows(answers.train if answers.problems is None else answers.problems))


def _asked(dataset: Dataset, role: str, calls: int, reads: int, writes: int) -> tuple[Asked, ...]:
    return tuple(Asked(model, calls, reads, writes) for model in dataset.models.get(role, ()) if calls)
