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
        self, asked: list[CompletionPair], settings: JudgementSettings, labels: LabelSettings
    ) -> list[PreferencePair]:
        """The labels of ``asked``, from calls stored or made."""
        backend = ScriptedBackend(_answer)
        complete = Completer(backend, self.ledger, asset="labels", report=lambda _: None)
        judgements = judge_pairs(asked, "planted", complete, backend.fingerprint, settings)
        self.new_calls = len(backend.requests)
        return label_pairs(asked, judgements, labels)


def _answer(request: Request) -> Completion:
    place = len(request.messages[0].content) % 7
    p, inside = 0.2 + place / 10, 0.9 if place == 0 else 1.0
    return chosen(inside * p, inside * (1 - p))


def changes(num_prompts: int, num_more: int) -> dict[str, tuple[int, int]]:
    """New judge calls of each change, and those that were to be expected."""
    asked = pairs(num_prompts + num_more)
    before, edited = asked[:num_prompts], PRINCIPLES // 2
    told: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder))
        line.run(before, judging(), LabelSettings())
        labels = line.run(asked, judging(), LabelSettings())
        told[f"{num_more} prompts more than {num_prompts:,}"] = line.new_calls, 2 * num_more
        line.run(asked, judging(edited), LabelSettings())
        drawn = sum(one.principle_id == f"principle_{edited:02d}" for one in labels)
        told["one principle of 12 edited"] = line.new_calls, 2 * drawn
        line.run(asked, judging(), LabelSettings(clamp=(0.4, 0.6)))
        told["another aggregation"] = line.new_calls, 0
        line.run(asked, judging(), LabelSettings(tie_logit=1.0))
        told["another tie band"] = line.new_calls, 0
        strict = judging(max_outside_probability=0.05)
        reparsed = line.run(asked, strict, LabelSettings())
        assert any(one.label == "unparsed" for one in reparsed)
        told["another parser"] = line.new_calls, 0
    return told
