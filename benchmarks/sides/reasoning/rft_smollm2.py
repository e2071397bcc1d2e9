"""One round of rejection sampling on SmolLM2 and its control: sums of two numbers in words."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.sides.figure import Figure
from benchmarks.sides.lab import Lab, gold
from benchmarks.sides.paired import difference, mean
from datasets_registry.rows.rft import GoldSolution, RftSelection
from generation.models.sources import SMOLLM2
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.selections import SelectionSettings, select
from methods.rft.stopping import StoppingRule
from training.settings.learning import TrainingSettings

GOLD, PROBLEMS, HELD_OUT, SAMPLES, STEPS, TOKENS = 16, 64, 300, 8, 12, 24
TRAINING = TrainingSettings(
    learning_rate=1e-3,
    max_steps=STEPS,
    min_steps=4,
    batch_size=16,
    max_length=128,
    lora_rank=16,
    lora_alpha=32,
)
START = TRAINING.model_copy(update={"max_steps": 4, "batch_size": 8})


def smollm2() -> Iterator[Figure]:
    """Held-out accuracy after a cold start, one round of RFT, and its gold again for as many steps."""
    family = FamilySettings(
        family="sums", train=GOLD + PROBLEMS, evaluation=HELD_OUT, sizes=(2,), greatest=40
    )
    problems = make_problems(ProblemSettings(families=(family,)))
    training = [problem for problem in problems if problem.split == "train"]
    held_out = [problem for problem in problems if problem.split == "evaluation"]
    with tempfile.TemporaryDirectory(prefix="trimtab-rft-smollm2-") as folder:
        lab = Lab(Path(folder), batch_size=32)
        base = lab.given(SMOLLM2)
        few = lab.commit(GoldSolution, gold(training[:GOLD]))
        start = lab.train(base, few, START)
        rule = StoppingRule(max_draws=SAMPLES)
        pool = lab.samples(start, training[GOLD:], rule, temperature=0.8, max_tokens=TOKENS)
        selected = list(select(pool, gold(training[:GOLD]), SelectionSettings()))
        tuned = lab.train(start, lab.commit(RftSelection, selected), TRAINING)
        again = lab.train(start, few, TRAINING)
        right = {
            name: lab.right(model, held_out, 0.0, max_tokens=TOKENS)
            for name, model in (
                ("base", base),
                ("cold start", start),
                ("RFT, one round", tuned),
                ("gold again, as many steps", again),
            )
        }
    for name, rights in right.items():
        yield mean(f"SmolLM2: {name}, greedy", [rights])
    yield difference(
        "SmolLM2: RFT, one round less gold again, as many steps",
        [(right["RFT, one round"], right["gold again, as many steps"])],
    )
    yield Figure(name="SmolLM2: selected", value=len(selected) - GOLD, unit="rows")
