"""Failures fed back: both kinds in equal number, at most a share, until they stay away; and variants."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.hashing import digest
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.words import Kind
from generation.request import Completion, Request
from methods.rounds.feedback import FeedbackSettings, most_fed, open_failures
from methods.rounds.prompts import ROUND_PROMPTS, RoundPromptSettings
from tests.methods.graphless import MemoryInputs, unused_prompts
from tests.methods.rounds.red_teamed import SELECTION, SOURCES, asked, fed, models, policy, red_teamed
from tests.rows import make


def graded(name: str, number: int, failed: bool | None = True, **fields: Any) -> RedTeamFailure:
    """The prompt ``name`` as it was graded in a round."""
    kind: Kind = "red_team" if name.startswith("r") else "helpful"
    failure = None if failed is not None else "judge: nothing"
    how = ("complied" if kind == "red_team" else "refused") if failed else None
    given = {"round": number, "kind": kind, "failed": failed, "failure_kind": how, "failure": failure}
    return make(RedTeamFailure, name, **(given | fields))


def probes(folder: Path) -> dict[Kind, list[str]]:
    """The prompts of each kind that may be fed back."""
    rows = [row for row in red_teamed(folder, 1, policy(())) if row.part == "probe"]
    return {kind: [row.prompt_id for row in rows if row.kind == kind] for kind in ("red_team", "helpful")}


def failing(folder: Path, red_team: int, helpful: int) -> list[RedTeamFailure]:
    """A first round that fails on so many probes of each kind, none of which the second round's slice has."""
    sliced = {prompt.prompt_id for prompt in asked(folder, 2)}
    names = {kind: [name for name in own if name not in sliced] for kind, own in probes(folder).items()}
    chosen = [*names["red_team"][:red_team], *names["helpful"][:helpful]]
    return red_teamed(folder / "failing", 1, policy(chosen))


@pytest.mark.parametrize(
    ("red_team", "helpful", "each"),
    [(5, 5, 2), (1, 5, 1), (5, 1, 1), (0, 5, 0), (5, 0, 0), (0, 0, 0), (2, 2, 2)],
)
def test_both_kinds_are_fed_in_equal_number_whichever_has_fewer(
    tmp_path: Path, red_team: int, helpful: int, each: int
) -> None:
    prompts = asked(tmp_path, 2, failing(tmp_path, red_team, helpful))
    kinds = [prompt.kind for prompt in fed(prompts)]
    # 16 of the slice and 4 failures are a fifth
    assert [kinds.count("red_team"), kinds.count("helpful")] == [each, each]
    assert len(fed(prompts)) <= 0.2 * len(prompts) and len(prompts) - len(fed(prompts)) == 16
    assert {(prompt.origin, prompt.from_round, prompt.round) for prompt in fed(prompts)} <= {
        ("failure", 1, 2)
    }
    assert {prompt.failure_kind for prompt in fed(prompts) if prompt.kind == "helpful"} <= {"refused"}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("number", [0, 1, 4, 16, 99, 1_000])
def test_fed_prompts_keep_their_share_and_fill_it(share: float, number: int) -> None:
    each = most_fed(number, FeedbackSettings(max_share=share))
    assert 2 * each <= share * (number + 2 * each) + 1e-9
    more = 2 * (each + 1)
    assert more > share * (number + more) + 1e-9 or not number


def test_nothing_is_fed_without_feedback_in_the_first_round_and_of_later_rounds(tmp_path: Path) -> None:
    failures = failing(tmp_path, 5, 5)
    assert not fed(asked(tmp_path, 2, failures, feedback=None))
    assert not fed(asked(tmp_path, 1, failures))
    assert len(fed(asked(tmp_path, 2, failures))) == 4


@pytest.mark.parametrize(
    ("outcomes", "is_open"),
    [
        ([True], True),
        ([False], False),
        ([None], False),
        ([True, False], True),
        ([True, False, False], False),
        ([True, False, None], True),
        ([True, False, None, False], False),
        ([True, False, True, False], True),
        ([True, False, False, True], True),
        ([False, False, True], True),
    ],
)
def test_a_prompt_retires_after_two_clean_rounds_and_returns(
    outcomes: Sequence[bool | None], is_open: bool
) -> None:
    rows = [graded("r1", number, failed) for number, failed in enumerate(outcomes, start=1)]
    still = open_failures(reversed(rows), len(outcomes) + 1, FeedbackSettings())
    assert [row.prompt_id for row in still["red_team"]] == ["r1"] * is_open and not still["helpful"]
    assert all(row.failed for row in still["red_team"])


def test_what_failed_last_comes_first_and_what_is_never_fed_does_not_come() -> None:
    rows = [graded("r1", 1), graded("r2", 2), graded("h1", 2, part="never_fed")]
    still = open_failures(rows, 3, FeedbackSettings())
    assert [row.prompt_id for row in still["red_team"]] == ["r2", "r1"] and still["helpful"] == []


def test_a_failure_that_is_held_out_or_gone_by_now_is_fed_no_more(tmp_path: Path) -> None:
    failures = failing(tmp_path, 2, 2)
    before = {prompt.prompt_id for prompt in fed(asked(tmp_path, 2, failures))}
    assert len(before) == 4
    moved = {
        role: [
            row.model_copy(update={"split": "evaluation"}) if row.prompt_id in before else row for row in rows
        ]
        for role, rows in SOURCES.items()
        if all(isinstance(row, RedTeamPrompt | HelpfulPrompt) for row in rows)
        for rows in [[row for row in rows if isinstance(row, RedTeamPrompt | HelpfulPrompt)]]
    }
    assert not fed(asked(tmp_path, 2, failures, sources=moved))
    gone = {role: [row for row in rows if row.prompt_id not in before] for role, rows in moved.items()}
    assert not fed(asked(tmp_path, 2, failures, sources=gone))


def test_a_prompt_that_the_slice_has_is_not_fed_twice(tmp_path: Path) -> None:
    sliced = asked(tmp_path, 2)
    failures = [graded(prompt.prompt_id, 1) for prompt in sliced]
    prompts = asked(tmp_path, 2, failures)
    assert prompts == sliced


def reworded(request: Request) -> str:
    """Another text for each call."""
    words = digest([request.messages[0].content, request.sample])
    return " ".join(words[place : place + 6] for place in range(0, 48, 6))


def test_variants_fill_what_is_left_in_their_parent_s_group(tmp_path: Path) -> None:
    failures = failing(tmp_path, 1, 1)
    prompts = fed(asked(tmp_path, 2, failures, rewriter=reworded, feedback={"variants": 3}))
    assert [prompt.origin for prompt in prompts] == ["failure", "variant"] * 2
    for parent, variant in zip(prompts[::2], prompts[1::2], strict=True):
        assert variant.parent_id == parent.prompt_id and variant.split_group == parent.split_group
        assert variant.prompt != parent.prompt and variant.variant_key and variant.kind == parent.kind
        assert (variant.from_round, variant.failure_kind) == (1, parent.failure_kind)
    assert len({prompt.prompt_id for prompt in prompts}) == 4


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda request: "Prompt ER3!",
        lambda request: "prompt r0",
        lambda request: request.messages[0].content.splitlines()[-1].removeprefix("> ").upper(),
        lambda request: "I'm sorry, but I can't help with that.",
        lambda request: "",
        lambda request: "word " * 300,
        lambda request: Completion(finish_reason="error", error="gone"),
    ],
    ids=["held out", "of the prompt set", "its parent", "a refusal", "empty", "cut off", "an error"],
)
def test_a_text_that_repeats_a_prompt_or_is_none_is_no_variant(tmp_path: Path, rewrite: Any) -> None:
    failures = failing(tmp_path, 1, 1)
    prompts = fed(asked(tmp_path, 2, failures, rewriter=rewrite, feedback={"variants": 2}))
    assert [prompt.origin for prompt in prompts] == ["failure"] * 2


def test_of_variants_that_nearly_repeat_each_other_one_is_fed(tmp_path: Path) -> None:
    failures = failing(tmp_path, 1, 1)

    def same(request: Request) -> str:
        return f"{'one two three four five six seven eight nine ten ' * 3}{request.sample}"

    prompts = fed(asked(tmp_path, 2, failures, rewriter=same, feedback={"variants": 4, "max_share": 0.5}))
    # of both kinds it is one text, so that one kind alone has it and neither is fed it
    assert [prompt.origin for prompt in prompts] == ["failure"] * 2


def test_no_variant_is_drawn_where_a_kind_has_no_failure_or_there_are_enough(tmp_path: Path) -> None:
    def never(request: Request) -> str:
        raise AssertionError(request)

    for red_team, helpful in ((3, 0), (0, 3), (4, 4)):
        failures = failing(tmp_path / f"{red_team} {helpful}", red_team, helpful)
        asked(tmp_path, 2, failures, rewriter=never, feedback={"variants": 2})


def test_a_variant_that_fails_again_is_fed_as_one_until_it_retires(tmp_path: Path) -> None:
    first = failing(tmp_path, 1, 1)
    second = asked(tmp_path, 2, first, rewriter=reworded, feedback={"variants": 2})
    variants = [prompt for prompt in second if prompt.origin == "variant"]
    again = [
        graded(row.prompt_id, 2, kind=row.kind, failure_kind=row.failure_kind, split_group=row.split_group)
        for row in variants
    ]
    third = fed(asked(tmp_path, 3, [*first, *again], second))
    of_variants = [prompt for prompt in third if prompt.origin == "variant"]
    assert {row.prompt_id for row in of_variants} == {row.prompt_id for row in variants}
    assert {(row.round, row.from_round) for row in of_variants} == {(3, 2)}
    assert {row.parent_id for row in of_variants} == {row.parent_id for row in variants}


def test_templates_are_declared_where_variants_are_drawn(tmp_path: Path) -> None:
    how = {"round": 2, "red_team": 8, "helpful": 8, "selection": SELECTION, "feedback": {"variants": 1}}
    settings = RoundPromptSettings.model_validate(how)
    inputs = MemoryInputs({**SOURCES, "red_team_failures": failing(tmp_path, 1, 1)})
    every = models(tmp_path, policy(()), rewriter=reworded)
    assert not unused_prompts(ROUND_PROMPTS, settings, inputs, every)
    without = settings.model_copy(update={"feedback": FeedbackSettings()})
    assert ROUND_PROMPTS.prompts(without) == ()


def test_never_fed_prompts_are_in_no_round_whatever_fails(tmp_path: Path) -> None:
    rows = red_teamed(tmp_path, 1, policy(()))
    unfed = [row for row in rows if row.part == "never_fed"]
    assert len(unfed) == 8
    lies = [row.model_copy(update={"failed": True, "part": "probe"}) for row in unfed]
    prompts: list[RoundPrompt] = [*asked(tmp_path, 1), *asked(tmp_path, 2, lies), *asked(tmp_path, 3, lies)]
    assert not {prompt.split_group for prompt in prompts} & {row.split_group for row in unfed}
