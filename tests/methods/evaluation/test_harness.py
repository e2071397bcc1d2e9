"""Choices and numbers against lm-evaluation-harness, where it is installed: pytest -m harness."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.rows.evaluation import EvaluationItem
from generation.engine import EngineSettings
from generation.transformers_local.backend import TransformersBackend
from methods.evaluation.likelihoods import likelihood_grades, scored_choices
from methods.evaluation.suite import Answered, AskingSettings, Policy
from methods.evaluation.suites.capability import items
from methods.verifiers.gsm8k import flexible, strict

# its libraries warn of one another
pytestmark = [pytest.mark.harness, pytest.mark.filterwarnings("ignore")]
NUM_ITEMS = 50
SOLUTIONS = (
    "He has 3 + 4 = 7.\n#### 7",
    "#### 1,000",
    "It costs $1,000.50.",
    "#### -12.",
    "The answer is 42",
    "So 5 and then 6",
    "none",
    "#### 8\n#### 9",
    "#### $5",
    "3.",
)
GOLDS = ("7", "1000", "1000.50", "-12", "42", "6", "0", "8", "5", "3")


def task(path: Path, asked: Sequence[EvaluationItem]) -> dict[str, Any]:
    """The harness's task over a file of these items: its rules for choices, and the items' own texts."""
    lines = [
        {
            "query": item.messages[-1].content,
            "choices": item.choices,
            "gold": item.choices.index(item.gold[0]),
        }
        for item in asked
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return {
        "task": "choices_of_ours",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(path)}, "cache_dir": str(path.parent)},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{query}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{gold}}",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    }


def chosen_by_the_harness(model: Path, given: dict[str, Any]) -> list[list[float]]:
    """The log probabilities of each item's choices, asked by the chat template."""
    evaluator = pytest.importorskip("lm_eval.evaluator")
    huggingface = pytest.importorskip("lm_eval.models.huggingface")
    served = huggingface.HFLM(pretrained=str(model), device="cpu", dtype="float32", batch_size=16)
    results = evaluator.simple_evaluate(
        model=served, tasks=[given], apply_chat_template=True, log_samples=True, bootstrap_iters=0
    )
    samples = sorted(results["samples"]["choices_of_ours"], key=lambda sample: sample["doc_id"])
    return [[float(logprob) for logprob, _ in sample["filtered_resps"]] for sample in samples]


@pytest.mark.model
def test_both_choose_the_same_on_fifty_items(smollm2: Path, tmp_path: Path) -> None:
    asked = [item for item in items() if item.choices][:NUM_ITEMS]
    theirs = chosen_by_the_harness(smollm2, task(tmp_path / "items.jsonl", asked))
    backend = TransformersBackend(smollm2, EngineSettings())
    policy = Policy("smollm2", lambda stage, requests: _ordered(backend, requests), "f", AskingSettings())
    for item, answer, logprobs in zip(asked, scored_choices(policy, asked), theirs, strict=True):
        ours = [each.logprob for each in answer.likelihoods]
        assert ours == pytest.approx(logprobs, abs=2e-3), item.messages[-1].content
        grades = {grade.name: grade.word for grade in likelihood_grades(Answered(item, answer))}
        assert grades["right"] == item.choices[logprobs.index(max(logprobs))]
        by_characters = [
            logprob / len(choice) for logprob, choice in zip(logprobs, item.choices, strict=True)
        ]
        assert grades["right_by_characters"] == item.choices[by_characters.index(max(by_characters))]
    backend.close()


def _ordered(backend: TransformersBackend, requests: Sequence[Any]) -> list[Any]:
    done = dict(backend.complete(requests))
    return [done[place] for place in range(len(requests))]


@pytest.mark.parametrize(("solution", "gold"), list(zip(SOLUTIONS, GOLDS, strict=True)))
def test_both_read_the_same_number_of_a_solution(solution: str, gold: str) -> None:
    extraction = pytest.importorskip("lm_eval.filters.extraction")
    metrics = pytest.importorskip("lm_eval.api.metrics")
    for ours, pattern, group in (
        (strict, r"#### (\-?[0-9\.\,]+)", 0),
        (flexible, r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1),
    ):
        regex = extraction.RegexFilter(regex_pattern=pattern, group_select=group)
        ((read,),) = regex.apply([[solution]], [{}])
        match = metrics.exact_match_fn(
            predictions=[read],
            references=[f"So it is.\n#### {gold}"],
            regexes_to_ignore=[",", r"\$", "(?s).*#### ", r"\.$"],
            ignore_case=True,
        )
        assert ours(solution, gold).accepted == bool(match["exact_match"])
