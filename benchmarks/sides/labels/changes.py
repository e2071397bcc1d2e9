"""How many judge calls a change costs: more prompts, an edited principle, another way to a label."""

import tempfile
from pathlib import Path

from benchmarks.sides.labels.planted_judges import pairs
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs

PRINCIPLES = 12


def judging(edited: int | None = None, max_outside_probability: float = 0.5) -> JudgementSettings:
    """Twelve principles, one of which is drawn for each prompt and ``edited`` has another question."""
    return JudgementSettings(
        max_outside_probability=max_outside_probability,
        num_principles=1,
        signals={"helpful": ("helpfulness",)},
        principles={
            f"principle_{place:02d}": JudgedPrinciple(
                signal="helpfulness",
                preference_question=f"Which is better by rule {place}{' anew' if place == edited else ''}?",
            )
            for place in range(PRINCIPLES)
        },
    )


class Line:
    """Judgements and labels through one ledger; ``new_calls`` are those that the last run made."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder)
        self.new_calls = 0

    def run(
        self, completions: list[CompletionPair], settings: JudgementSettings, labels: LabelSettings
    ) -> list[PreferencePair]:
        """The labels of ``completions``, from calls stored or made."""
        backend = ScriptedBackend(_answer)
        complete = Completer(backend, self.ledger, asset="labels", report=lambda _: None)
        judgements = list(judge_pairs(completions, "planted", complete, backend.fingerprint, settings))
        self.new_calls = len(backend.requests)
        return label_pairs(completions, judgements, labels)


def _answer(request: Request) -> Completion:
    place = len(request.messages[0].content) % 7
    p, inside = 0.2 + place / 10, 0.9 if place == 0 else 1.0
    return chosen(inside * p, inside * (1 - p))


def changes(num_prompts: int, num_more: int) -> dict[str, tuple[int, int]]:
    """New judge calls of each change, and those that were to be expected."""
    all_pairs = pairs(num_prompts + num_more)
    before, edited = all_pairs[:num_prompts], PRINCIPLES // 2
    costs: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder))
        line.run(before, judging(), LabelSettings())
        labels = line.run(all_pairs, judging(), LabelSettings())
        costs[f"{num_more} prompts more than {num_prompts:,}"] = line.new_calls, 2 * num_more
        line.run(all_pairs, judging(edited), LabelSettings())
        drawn = sum(pair.principle_id == f"principle_{edited:02d}" for pair in labels)
        costs["one principle of 12 edited"] = line.new_calls, 2 * drawn
        line.run(all_pairs, judging(), LabelSettings(clamp=(0.4, 0.6)))
        costs["another aggregation"] = line.new_calls, 0
        line.run(all_pairs, judging(), LabelSettings(tie_logit=1.0))
        costs["another tie band"] = line.new_calls, 0
        strict = judging(max_outside_probability=0.05)
        reparsed = line.run(all_pairs, strict, LabelSettings())
        assert any(pair.label == "unparsed" for pair in reparsed)
        costs["another parser"] = line.new_calls, 0
    return costs
