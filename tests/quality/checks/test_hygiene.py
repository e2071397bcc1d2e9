"""Checks of hygiene: each on its planted fault, and beyond."""

import duckdb
import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.hygiene import EvaluationLeak, HygieneFinding
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.oversight.amplified import AmplifiedLabel
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import CheckResult, Version
from quality.checks.check import run_check
from quality.checks.hygiene import HYGIENE_CHECKS
from quality.checks.table import checks_of
from quality.hygiene.contamination import contamination, evaluation_prompts
from tests.quality.checks.good_rows import Fault, Good, fault_id, require_red, version_of
from tests.quality.labelled import answers
from tests.rows import make

FAULTS: list[Fault] = [
    *(
        (row, "near_duplicates_across_splits", [make(row), make(row, "P1!", split="evaluation")])
        for row in (RedTeamPrompt, HelpfulPrompt)
    ),
    (SftExample, "contamination", [make(SftExample, prompt="Prompt, HELD.")]),
    (EvaluationLeak, "no_leak", [make(EvaluationLeak)]),
    (PreferencePair, "contamination", [make(PreferencePair, chosen="Prompt held too")]),
    (OversightPreference, "contamination", [make(OversightPreference, rejected="Prompt held too")]),
    (AmplifiedLabel, "contamination", [make(AmplifiedLabel, completion="Prompt held too")]),
    *(
        (HygieneFinding, name, [make(HygieneFinding, kind=kind)])
        for name, kind in (
            ("duplicate_share", "near_duplicate"),
            ("boilerplate_share", "boilerplate"),
            ("refusal_share", "full_refusal"),
            ("refusal_share", "partial_refusal"),
            ("personal_data", "email"),
            ("grader_address_share", "grader_address"),
            ("language_outlier_share", "language_outlier"),
        )
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_a_planted_fault_turns_its_check_red(fault: Fault, good: Good) -> None:
    require_red(fault, good)


def checked(registry: Registry, name: str, version: Version) -> CheckResult:
    """The result of the check ``name`` of ``version``, against the latest version of what it reads."""
    (check,) = [check for check in checks_of(version.name) if check.name == name]
    grounds = [latest for read in check.reads if (latest := registry.latest(read))]
    return run_check(check, registry, version, grounds)


@pytest.fixture
def prompts(registry: Registry) -> Registry:
    """A registry with both prompt sets."""
    version_of(registry, RedTeamPrompt, [make(RedTeamPrompt, "held", split="evaluation")])
    version_of(registry, HelpfulPrompt, [make(HelpfulPrompt, "free")])
    return registry


def test_problems_count_for_contamination_once_there_are_some(prompts: Registry) -> None:
    learned = version_of(prompts, SftExample, answers("What is 7 times 8?", "56"))
    assert checked(prompts, "contamination", learned).value == 0
    problem = make(Problem, split="evaluation", prompt="What is 7 times 8?")
    version_of(prompts, Problem, [problem.model_copy(update={"split": "train"})])
    assert checked(prompts, "contamination", learned).value == 0
    version_of(prompts, Problem, [problem])
    assert checked(prompts, "contamination", learned).value == 1


def test_near_duplicates_within_a_split_do_no_harm(registry: Registry) -> None:
    same = [make(RedTeamPrompt), make(RedTeamPrompt, "P1!"), make(RedTeamPrompt, "x", split="evaluation")]
    version = version_of(registry, RedTeamPrompt, same)
    assert checked(registry, "near_duplicates_across_splits", version).value == 0


def test_a_share_is_that_of_the_worst_column(registry: Registry) -> None:
    version_of(registry, SftExample, answers("a", "b", "c", "d"))
    version_of(registry, PreferencePair, [make(PreferencePair, f"p{place}") for place in range(2)])
    findings = [
        make(HygieneFinding, kind="near_duplicate", label_dataset=dataset, text_column=column, row_id=row_id)
        for dataset, column, row_id in (
            ("cai_sft", "completion", "p01"),
            ("cai_sft", "prompt", "p01"),
            ("cai_sft", "prompt", "p02"),
            ("cai_sft", "prompt", "p03"),
            ("preference_pairs", "rejected", "pair p1"),
        )
    ]
    version = version_of(registry, HygieneFinding, findings)
    assert checked(registry, "duplicate_share", version).value == 0.75
    assert checked(registry, "refusal_share", version).value == 0


def test_contamination_blocks_and_findings_only_warn() -> None:
    severities = {check.name: check.severity for check in HYGIENE_CHECKS}
    blocking = ("contamination", "near_duplicates_across_splits", "no_leak")
    assert {severities.pop(name) for name in blocking} == {"error"}
    assert set(severities.values()) == {"warning"}


def test_grams_of_two_texts_are_not_those_of_their_seam() -> None:
    words = " ".join(f"w{place}" for place in range(13))
    with duckdb.connect() as connection:
        for name in ("red_team_prompts", "helpful_prompts"):
            connection.execute(
                f"CREATE TABLE {name} AS SELECT 'e' AS prompt_id, $words AS prompt, 'evaluation' AS split",
                {"words": words},
            )
        halves = [words[:20], words[20:], words, f"a {words.upper()} b"]
        connection.execute("CREATE TABLE given AS SELECT unnest($halves) AS text", {"halves": halves})
        texts = "SELECT text AS text_id, lower(text) AS words FROM given"
        query = contamination(texts, evaluation_prompts("red_team_prompts", "helpful_prompts"))
        assert connection.execute(query).fetchall() == [(2,)]
