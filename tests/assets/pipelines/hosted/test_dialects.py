"""Five lines of profile make a judge of any dialect: it labels pairs, is killed, and pays nothing twice."""

import multiprocessing
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair
from datasets_registry.state import State
from generation.loopback.dialects import CLAUDE, GPT4, GPT5, LLAMA_CPP, SILENT, VLLM, Dialect
from generation.loopback.script import Asked, Said
from generation.loopback.server import LoopbackServer
from tests.assets.pipelines.hosted.hosted_labels import build_labels, opened
from tests.assets.pipelines.hosted.test_hosted_judge import LABELS
from tests.assets.small import write_profile
from tests.generation.killed_client import saved_prompts
from tests.searched import files_with

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
KEY = "sk-a-key-that-no-file-may-hold"
CONCURRENCY, ANSWERED, HELD = 4, 20, 60.0
ENGINE = f'served_model = "{{model}}", api_key_env = "TEST_JUDGE_KEY", max_concurrency = {CONCURRENCY}'
JUDGE = f"""
[models.judge]
backend = "{{backend}}"
engine = {{{{ base_url = "{{url}}", {ENGINE} }}}}
price = {{{{ prompt = 1.0, completion = 4.0 }}}}
"""


@dataclass
class Judge:
    """A judge in words that prefers the longer response, gives a score of 7, and notes its questions.

    While it ``holds``, only the first answers come soon.
    """

    questions: list[str] = field(default_factory=list)
    holds: bool = True

    def __call__(self, asked: Asked) -> Said:
        """A verdict, a score, or a hello to whoever asks who answers."""
        if not is_question(asked.prompt):
            return Said("Hello.")
        self.questions.append(asked.prompt)
        seconds = HELD if self.holds and len(self.questions) > ANSWERED else 0.0
        if '"Score: "' in asked.prompt:
            return Said("Score: 7", seconds=seconds)
        first, second = re.findall(r"Response [AB]:\n((?:> .*\n)+)", asked.prompt)
        verdict = "A" if len(first) > len(second) else "B"
        return Said(f"I compared them.\nVerdict: {verdict}", seconds=seconds)


def is_question(prompt: str) -> bool:
    """Whether a judge is asked."""
    return '"Verdict: "' in prompt or '"Score: "' in prompt


def judged_in_words(text: str) -> str:
    """A profile whose judge is ``judge``, which is asked in words."""
    text = text.replace('stop = ["e"]', "").replace('calibration = "identical"\n', "")
    for old, new in (
        ("max_outside_probability = 1.0", 'verdicts = "text"\nreasoning_tokens = 50\nsamples = 2'),
        ('judges = ["base_policy"]', 'judges = ["judge"]'),
        ('judge = "base_policy"', 'judge = "judge"'),
        ('policy = "sft_policy"', 'policy = "base_policy"'),
        ("[judges.scores]\n", '[judges.scores]\nverdicts = "text"\nsamples = 2\n'),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


@dataclass
class Stage:
    """A server, its judge, and the profile that names it."""

    server: LoopbackServer
    judge: Judge
    profile: Path
    root: Path

    def saved(self) -> Counter[str]:
        """The questions whose answers are in the ledger."""
        return Counter(filter(is_question, saved_prompts(State().ledger)))


@pytest.fixture(scope="module")
def forking() -> ForkServerContext:
    """Starts processes in which everything is imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.assets.pipelines.hosted.hosted_labels"])
    return context


@pytest.fixture(
    params=[
        (GPT4, "openai"),
        (GPT5, "openai"),
        (CLAUDE, "openai"),
        (CLAUDE, "anthropic"),
        (SILENT, "openai"),
        (VLLM, "openai"),
        (LLAMA_CPP, "openai"),
    ],
    ids=lambda param: f"{param[0].name}-{param[1]}",
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tiny_model: Path,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """A server of one dialect, and a profile whose judge it serves."""
    dialect: Dialect
    dialect, backend = request.param
    monkeypatch.setenv("TEST_JUDGE_KEY", KEY)
    path, judge = write_profile(tmp_path / "profile", tiny_model), Judge()
    text = judged_in_words(path.read_text())
    with LoopbackServer(dialect, judge, key=KEY) as server:
        path.write_text(text + JUDGE.format(backend=backend, url=server.url, model=dialect.model))
        yield Stage(server, judge, path, tmp_path)


def kill_in_the_middle(process: ForkServerProcess, stage: Stage) -> None:
    """Start it, and kill -9 it when the first answers are saved and it waits for the next ones."""
    process.start()
    while stage.saved().total() < ANSWERED and process.is_alive():
        time.sleep(0.02)
    process.kill()
    process.join()
    assert process.exitcode == -9
    stage.judge.holds = False


def test_a_judge_of_any_dialect_labels_pairs_and_a_killed_run_pays_for_nothing_that_is_saved(
    stage: Stage, forking: ForkServerContext
) -> None:
    environment = {name: os.environ[name] for name in ("TRIMTAB_HOME", "TEST_JUDGE_KEY")}
    arguments = (stage.profile, stage.root, environment)
    kill_in_the_middle(forking.Process(target=build_labels, args=arguments), stage)
    before, saved = Counter(stage.judge.questions), stage.saved()
    assert saved.total() == ANSWERED and 0 < (before - saved).total() <= CONCURRENCY

    stage.judge.questions.clear()
    with opened(stage.profile, stage.root) as workshop:
        workshop.build(LABELS)
        registry = workshop.registry
        judged = registry.rows(AiJudgement, registry.passed("ai_judgements"))
        labels = registry.rows(PreferencePair, registry.passed("preference_pairs"))
        scores = registry.rows(CompletionScore, registry.passed("ai_scores"))
        asked = Counter(stage.judge.questions)
        assert workshop.build(LABELS) == [] and Counter(stage.judge.questions) == asked
    assert asked == stage.saved() - saved
    assert {(row.asked, row.failure, row.reasoning) for row in judged} == {("text", None, "I compared them.")}
    chosen = [pair for pair in labels if pair.chosen is not None]
    assert chosen and all(len(pair.chosen or "") > len(pair.rejected or "") for pair in chosen)
    assert {row.score for row in scores} == {7.0}

    assert len(list(stage.root.rglob("*.parquet"))) > 5 and len(list(stage.root.rglob("*.db"))) > 0
    assert files_with(KEY, stage.root) == [] and KEY in os.environ["TEST_JUDGE_KEY"]
