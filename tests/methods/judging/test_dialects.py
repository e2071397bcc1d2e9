"""Every judge of the graph asks a server of any dialect in words, and by a schema where it heeds one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from datasets_registry.rows.rlaif import AiJudgement
from generation.completer import Complete
from generation.engine import EngineSettings
from generation.loopback.dialects import CLAUDE, DIALECTS, GPT4, GPT5, LLAMA_CPP, SILENT, VLLM, Dialect
from generation.loopback.script import Asked
from generation.loopback.server import LoopbackServer
from generation.openai_server.backend import OpenAIBackend
from generation.request import Completion, Request
from methods.judging.comparison import ComparisonSettings
from methods.judging.refusal import judge_refusals
from methods.judging.score import ScoreSettings, score_completions
from methods.prm.judge import StepJudgeSettings, judge_steps
from methods.rlaif.judgements import JudgementSettings, judge_pairs
from tests.generation.opened import finished
from tests.generation.serving import QUICK
from tests.methods.judging.test_questions import ANSWERED, PAIR, PRINCIPLES, SCORED
from tests.methods.simulated_completer import solution

IN_WORDS = list(DIALECTS.values())
BY_SCHEMA = [GPT4, GPT5, VLLM, LLAMA_CPP]
WAYS = [(dialect, "text") for dialect in IN_WORDS] + [(dialect, "schema") for dialect in BY_SCHEMA]
OPTIONS = {"Refusal": "C", "Verdict": "B", "Score": "3", "First wrong step": "3"}


def judge(asked: Asked) -> str:
    """Reasons, and a last line under the label that was asked for."""
    label = next((label for label in OPTIONS if f'"{label}: "' in asked.prompt), None)
    if label is None:  # the schema names it
        fields = (asked.schema or {}).get("properties")
        assert isinstance(fields, dict)
        label = next(label for label in OPTIONS if label.lower().replace(" ", "_") in fields)
    return f"I have read all.\n{label}: {OPTIONS[label]}"


@contextmanager
def asking(dialect: Dialect) -> Iterator[Complete]:
    """Completions of a judge in that dialect, whose every turn is its own."""
    with LoopbackServer(dialect, judge) as server:
        settings = EngineSettings(base_url=server.url, served_model=dialect.model)
        backend = OpenAIBackend(Path("no-weights"), settings, patience=QUICK, jitter=Random(0))

        def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
            return finished(backend, requests)

        yield complete
        assert server.calls and all(call.body["messages"][-1]["role"] == "user" for call in server.calls)


@pytest.mark.parametrize(("dialect", "verdicts"), WAYS, ids=lambda part: getattr(part, "name", part))
def test_every_judge_of_texts_is_answered(dialect: Dialect, verdicts: str) -> None:
    how = {"verdicts": verdicts, "begun": False, "samples": 2}
    pairs = JudgementSettings.model_validate(
        {"principles": PRINCIPLES, "signals": {"helpful": ["helpfulness"]}, **how, "reasoning_tokens": 50}
    )
    with asking(dialect) as complete:
        judged: list[AiJudgement] = list(judge_pairs([PAIR], "j", complete, "m", pairs))
        (score,) = score_completions("s", [SCORED], complete, "m", ScoreSettings.model_validate(how))
        refusals = ComparisonSettings.model_validate(how)
        (refusal,) = judge_refusals("r", [ANSWERED], complete, "m", refusals)
    assert [(row.verdict, row.failure, row.num_second) for row in judged] == [("second", None, 2)] * 2
    assert (score.score, score.failure) == (3, None)
    assert (refusal.kind, refusal.failure) == ("full", None)


@pytest.mark.parametrize(("dialect", "verdicts"), WAYS, ids=lambda part: getattr(part, "name", part))
def test_the_judge_of_steps_is_answered(dialect: Dialect, verdicts: str) -> None:
    how = {"verdicts": verdicts, "begun": False, "greedy": dialect is not GPT5}
    settings, judged = StepJudgeSettings.model_validate(how), solution(2, 3)
    with asking(dialect) as complete:
        verdict = judge_steps([judged], complete, "m", settings)[judged.solution_id]
    assert (verdict.first_error, verdict.failure) == (3, None)


@pytest.mark.parametrize("dialect", [CLAUDE, SILENT])
def test_a_schema_that_is_ignored_in_silence_is_a_failure_and_no_verdict(dialect: Dialect) -> None:
    settings = ScoreSettings(verdicts="schema", begun=False, samples=2)
    with asking(dialect) as complete:
        (score,) = score_completions("s", [SCORED], complete, "m", settings)
    assert score.score is None and score.failure
