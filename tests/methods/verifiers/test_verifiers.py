"""Verifiers are chosen by their settings, read files of rows, and accept their own gold answers."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from methods.problems.gold_verdicts import gold_verdicts
from methods.verifiers.__main__ import main
from methods.verifiers.contract import Kind, VerifierSettings
from methods.verifiers.verifier import verifier

RIGHT: dict[Kind, tuple[str, str]] = {
    "maths": ("A:24", "24"),
    "exact": ("Paris", "Paris"),
    "choice": ("Answer: (B)", "B"),
    "code": ("def one(): return 1", "assert one() == 1"),
    "format": ("two words", '{"max_words": 2}'),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_every_kind_accepts_what_is_right_and_says_why_not(kind: Kind) -> None:
    verify = verifier(VerifierSettings(kind=kind))
    completion, gold = RIGHT[kind]
    assert verify(completion, gold).accepted
    wrong = verify("three more words", gold)
    assert not wrong.accepted and wrong.reason


def test_settings_reach_their_verifier() -> None:
    assert verifier(VerifierSettings(kind="maths", relative_tolerance=0.1))("A: 0.3", "0.31").accepted
    assert verifier(VerifierSettings(kind="choice", letters="XY"))("X", "X").accepted
    slow = verifier(VerifierSettings(kind="code", seconds=0.5))("while True: pass", "assert one()")
    assert slow.reason == "takes longer than 0.5 s"


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "exact", "seconds": 1},
        {"kind": "maths", "letters": "AB"},
        {"kind": "sums"},
        {"kind": "code", "x": 1},
    ],
)
def test_settings_that_do_not_apply_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VerifierSettings(**settings)


def written(folder: Path, *lines: str) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def test_rows_are_verified_in_their_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"completion": f"A: {n}", "gold": "2", "id": n} for n in range(4)]
    assert main(["maths", written(tmp_path, *map(json.dumps, rows))]) == 0
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [verdict["extracted"] for verdict in verdicts] == ["0", "1", "2", "3"]
    assert verdicts[2] == {"accepted": True, "extracted": "2", "reason": None}
    assert verdicts[1] == {"accepted": False, "extracted": "1", "reason": "1 is not 2"}


@pytest.mark.parametrize(
    "bad", ["{", "[]", "", '{"completion": "x"}', '{"completion": 1, "gold": "x"}', '"x"']
)
def test_a_bad_row_names_itself_and_the_rest_goes_on(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = '{"completion": "A: 1", "gold": "1"}'
    path = written(tmp_path, right, bad, right)
    assert main(["maths", path]) == 1
    output = capsys.readouterr()
    first, second, third = map(json.loads, output.out.splitlines())
    assert first == third == {"accepted": True, "extracted": "1", "reason": None}
    assert second["row"] == 2 and second["error"] and "accepted" not in second
    assert output.err.startswith(f"error: {path}:2: ") and output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("maths", ("A: 1", "1"), ("A: 1", None)),
        ("choice", ("A", "A"), ("A", "Z")),
        ("format", ("one", '{"max_words": 1}'), ("one", '{"most": 1}')),
        ("exact", ("one", "one"), ("one", None)),
    ],
)
def test_one_bad_row_of_ten_thousand_is_named(
    kind: str,
    good: tuple[str, str],
    bad: tuple[str, str | None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [json.dumps({"completion": good[0], "gold": good[1]})] * 10_000
    rows[7_000] = json.dumps({"completion": bad[0], "gold": bad[1]})
    assert main([kind, written(tmp_path, *rows)]) == 1
    outcomes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(outcomes) == 10_000 and sum(row.get("accepted", False) for row in outcomes) == 9_999
    assert outcomes[7_000]["row"] == 7_001 and "accepted" not in outcomes[7_000]


READ_ALONE = {"refusal": "I can't.", "equations": "1+1=2", "steps": "1+1=2\n2+2=4"}
SAID = {kind: completion for kind, (completion, _) in RIGHT.items()} | READ_ALONE


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize(
    "bad",
    [
        '{"completion": "x',
        '{"gold": "1"}',
        '{"completion": "x", "gold": [1]}',
        '{"completion": "\\ud800"}',
        "",
    ],
)
def test_a_row_of_any_kind_that_cannot_be_read_is_named_and_the_rest_goes_on(
    kind: Any, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"completion": SAID[kind], "gold": RIGHT[kind][1] if kind in RIGHT else None})
    assert main([kind, written(tmp_path, good, bad, good)]) == 1
    first, outcome, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == last and "error" not in first and first.get("accepted", True)
    assert outcome["row"] == 2 and set(outcome) == {"row", "error"}


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("part", ["1+1=", "so it is.\n", "(\\boxed{"])
def test_a_huge_completion_takes_seconds_and_is_accepted_by_none(
    kind: Any, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = RIGHT[kind][1] if kind in RIGHT else None
    rows = [json.dumps({"completion": text, "gold": gold}) for text in (part * 40_000, SAID[kind])]
    begun = time.monotonic()
    assert main([kind, written(tmp_path, *rows)]) == 0
    assert time.monotonic() - begun < 20
    huge, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert not huge.get("accepted") and last.get("accepted", True)


def test_gold_that_cannot_be_used_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, '{"completion": "B", "gold": "Z"}')
    assert main(["choice", path]) == 1
    assert capsys.readouterr().err.startswith(f"error: {path}:1: the gold answer 'Z'")
    with pytest.raises(BadInput, match="none.jsonl cannot be read"):
        main(["maths", str(tmp_path / "none.jsonl")])


def test_what_a_completion_says_is_read_without_a_gold_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, json.dumps({"completion": "<think>no</think>Sorry, I can't help with that."}))
    assert main(["refusal", path]) == 0
    assert json.loads(capsys.readouterr().out) == {"refusal": "full", "refused": True, "sure": True}
    path = written(tmp_path, json.dumps({"completion": "3 + 4 = 8\n8 + 1 = 9"}))
    assert main(["equations", path]) == 0
    assert json.loads(capsys.readouterr().out) == {"wrong": ["3+4=8"]}
    assert main(["steps", path]) == 0
    steps = json.loads(capsys.readouterr().out)
    assert steps == {"steps": ["3 + 4 = 8", "8 + 1 = 9"], "separator": "\n", "failure": None}


@pytest.mark.parametrize(
    ("completion", "accepted", "reason"),
    [
        ("<think>\nAnswer: 18\nNo.</think>\nAnswer: 19", True, None),
        ("Answer: 18, says one part.\n</think>\n\nAnswer: 19", True, None),
        ("<think>Answer: 19", False, "truncated thought"),
        ("<think>Answer: 19</think>", False, "empty"),
        ("<think>a</think>Answer: 19<think>", False, "truncated thought"),
    ],
)
def test_thought_is_no_answer(completion: str, accepted: bool, reason: str | None) -> None:
    verdict = verifier(VerifierSettings(kind="maths"))(completion, "19")
    assert (verdict.accepted, verdict.reason) == (accepted, reason)


def test_other_marks_of_thought_are_a_setting() -> None:
    marks = (("[THINK]", "[/THINK]"),)
    assert verifier(VerifierSettings(kind="maths"), marks)("[THINK]Answer: 1[/THINK]Answer: 2", "2").accepted
    unmarked = verifier(VerifierSettings(kind="maths"))
    assert not unmarked("[THINK]\nAnswer: 1\n[/THINK]\nAnswer: 2", "2").accepted


@pytest.mark.parametrize(
    ("kind", "answer", "read"),
    [
        ("maths", "<r>Answer: 5", {"accepted": False, "extracted": None, "reason": "truncated thought"}),
        ("exact", "5", {"accepted": True, "extracted": "5", "reason": None}),
        ("refusal", "Boil it.", {"refusal": "none", "refused": False, "sure": True}),
        ("equations", "2 + 3 = 5", {"wrong": []}),
        ("steps", "2 + 3 = 5\nAnswer: 5", {"steps": ["2 + 3 = 5", "Answer: 5"]}),
    ],
)
def test_every_kind_takes_marks_of_thought(
    kind: str, answer: str, read: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thought = "<r>Answer: 7\n3 + 4 = 8\nSorry, I can't help with that.</r>\n"
    path = written(tmp_path, json.dumps({"completion": thought + answer, "gold": "5"}))
    told = ["--thought-marks", "<r>", "</r>", "--thought-marks", "<think>", "</think>"]
    assert main([kind, path, *told]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {name: said[name] for name in read} == read
    assert main([kind, path]) == 0
    assert json.loads(capsys.readouterr().out) != said
    with pytest.raises(BadInput, match=r"--thought-marks: '\|' opens and closes a thought: use two marks"):
        main([kind, path, "--thought-marks", "|", "|"])


def test_it_runs_as_a_command() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "methods.verifiers", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "{maths,exact,choice,code,format,refusal,equations,steps}" in run.stdout


def problem(answer: str, solution: str | None = None) -> Problem:
    return Problem(
        problem_id=f"id of {answer}",
        prompt="?",
        answer=answer,
        solution=solution,
        split="train",
        split_group="g",
        source="s",
        licence="MIT",
    )


def test_gold_answers_that_their_verifier_rejects_are_found() -> None:
    maths = verifier(VerifierSettings(kind="maths"))
    problems = [
        problem("1,234"),
        problem("5", "2+3=5\n#### 5"),
        problem("6", "2+3=5\n#### 5"),
        problem("1/2"),
    ]
    (red,) = [verdict for verdict in gold_verdicts(problems, maths, "maths") if not verdict.accepted]
    assert (red.problem_id, red.completion, red.reason) == ("id of 6", "2+3=5\n#### 5", "5 is not 6")


def test_every_kind_has_a_gold_completion() -> None:
    for kind, (completion, gold) in RIGHT.items():
        verify = verifier(VerifierSettings(kind=kind))
        (verdict,) = gold_verdicts(
            [problem(gold, completion if kind in ("code", "format") else None)], verify, kind
        )
        assert verdict.accepted, verdict.reason


def test_a_program_that_nobody_wrote_is_not_accepted() -> None:
    verify = verifier(VerifierSettings(kind="code"))
    (verdict,) = gold_verdicts([problem("assert one() == 1")], verify, "code")
    assert (verdict.accepted, verdict.completion, verdict.reason) == (False, None, "no written solution")
