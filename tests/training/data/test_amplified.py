"""A real policy is amplified to larger problems, and learns its answers beside what it knew."""

from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.rows.oversight.amplified import AmplifiedLabel
from datasets_registry.rows.rft import GoldSolution
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.request import SamplingParams
from generation.transformers_local.backend import TransformersBackend
from methods.oversight.amplification.answers import answered, grown
from methods.oversight.amplification.growing import by_rules
from methods.oversight.amplification.labels import labels
from methods.oversight.amplification.settings import AmplificationSettings, LabelSettings
from methods.oversight.asked import Asked
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.problems.gold import GoldSettings, gold_solutions
from tests.training.conftest import Started
from tests.training.runs import answer_log_probability, commit, manifest, write
from training.sft import sft

THREE = FamilySettings(family="sums", style="symbols", sizes=(3,), greatest=12, train=48, evaluation=0)
SETTINGS = {
    "learning_rate": 1e-3,
    "max_steps": 4,
    "min_steps": 1,
    "batch_size": 4,
    "max_length": 64,
    "lora_rank": None,
}


def test_a_lab_policy_is_amplified_and_learns_its_labels_with_replay(
    started: Started, registry: Registry, tmp_path: Path
) -> None:
    problems = make_problems(ProblemSettings(families=(THREE,)))
    settings = AmplificationSettings(answers=SamplingParams(temperature=0.7, max_tokens=16))
    backend = TransformersBackend(started.folder, EngineSettings(batch_size=256))
    complete = Completer(backend, Ledger(tmp_path / "ledger"), asset="test", report=lambda line: None)
    rows = list(answered(grown(problems, by_rules, settings), Asked(complete, "m", "policy"), settings))
    backend.close()
    votes = [vote for row in rows for vote in row.votes]
    assert len(rows) == 2 * len(problems) and len({vote.answer for vote in votes}) > 5
    assert all(vote.answer is None or vote.failure is None for vote in votes)
    kept = list(labels(rows, LabelSettings(min_share=0)))
    learned = commit(registry, AmplifiedLabel, kept)
    known = commit(registry, GoldSolution, gold_solutions(started.problems, GoldSettings()))
    run = write(
        tmp_path / "run",
        learned,
        settings={**SETTINGS, "replay_share": 0.25},
        replay=known,
        system_text=None,
    )
    sft(run, lambda _: None)
    counts = manifest(tmp_path / "run")["rows"]
    assert counts["trained"] == len(kept) and counts["replay_trained"] > 0
    before, after = (
        sum(answer_log_probability(folder, label.prompt, label.completion) for label in kept)
        for folder in (started.folder, tmp_path / "run" / "model")
    )
    assert after > before
