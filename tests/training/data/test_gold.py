"""A problem whose own gold answer its verifier rejects gives no reward, and is left out."""

from typing import Any

import pytest

from datasets_registry.errors import ModelFailed
from methods.verifiers.contract import Kind, VerifierSettings
from training.data.gold import with_gold_accepted


def rows(*answers: str | None, **fields: Any) -> list[dict[str, Any]]:
    """Problems with these answers."""
    return [{"prompt": f"p{place}", "answer": answer, **fields} for place, answer in enumerate(answers)]


def test_rejected_ones_are_left_out_and_named() -> None:
    problems, lines = rows(*["4"] * 99, "4\n5"), list[str]()
    kept = with_gold_accepted(problems, VerifierSettings(kind="maths"), lines.append)
    assert kept == problems[:99]
    assert lines == [
        r"left out, as its own gold answer '4\n5' is rejected (text follows the final answer): p99"
    ]


def test_answers_that_cannot_be_used_are_rejected_too() -> None:
    problems = rows(*["A"] * 98, "Z", None)
    assert len(with_gold_accepted(problems, VerifierSettings(kind="choice"), lambda _: None)) == 98


def test_more_than_a_few_stop_the_run() -> None:
    with pytest.raises(
        ModelFailed, match="gold answer of 3 of 100 problems, more than 2%.* mend the answers"
    ):
        with_gold_accepted(rows(*["4"] * 97, *["4\n5"] * 3), VerifierSettings(kind="maths"), lambda _: None)


@pytest.mark.parametrize("kind", ["code", "format"])
def test_what_has_no_written_solution_is_kept(kind: Kind) -> None:
    problems = rows("assert one() == 1")
    assert with_gold_accepted(problems, VerifierSettings(kind=kind), lambda _: None) == problems
    assert with_gold_accepted(problems, None, lambda _: None) == problems


def test_a_written_solution_is_what_is_verified() -> None:
    right = rows("assert one() == 1", solution="def one(): return 1")
    assert with_gold_accepted(right, VerifierSettings(kind="code"), lambda _: None) == right
    with pytest.raises(ModelFailed, match="1 of 1 problems"):
        wrong = rows("assert one() == 1", solution="def one(): return 2")
        with_gold_accepted(wrong, VerifierSettings(kind="code"), lambda _: None)
