"""Mixtures: exact shares by source, the source on each row, and nothing that must not be learned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer, SftExample
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from datasets_registry.rows.rft import RftSelection, VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import Derivation
from methods.method import Model, Models
from methods.mixtures.mixture import MixtureSettings, mix_examples, mix_pairs
from methods.templates import fill
from quality.auditing.publishing import publish
from tests.methods.graphless import MemoryInputs
from tests.rows import make

HALF = {"cai_sft": 0.5, "rft_selections": 0.5}


class Words:
    """A model whose tokens are words."""

    def count_tokens(self, text: str) -> int:
        return len(text.split())


class Policy:
    """The one model of a method, in the role of the policy."""

    def __getitem__(self, role: str) -> Model:
        assert role == "policy"
        return cast(Model, Words())


def sources(num_sft: int = 10, num_selected: int = 10) -> dict[str, Sequence[Row]]:
    """Examples of both sources; a completion of the second has three words."""
    return {
        "cai_sft": [make(SftExample, f"s{place}", completion=f"answer {place}") for place in range(num_sft)],
        "rft_selections": [
            make(RftSelection, f"r{place}", completion=f"a longer {place}") for place in range(num_selected)
        ],
    }


def mixed(given: Mapping[str, Sequence[Row]], /, **told: Any) -> list[MixedExample]:
    """The mixture of examples that these settings make."""
    settings = MixtureSettings.model_validate({"parts": HALF} | told)
    return mix_examples(MemoryInputs(given), cast(Models, Policy()), settings)


def by_source(rows: Sequence[MixedExample | MixedPair]) -> dict[str, int]:
    """The number of rows of each source."""
    return dict(Counter(row.source for row in rows))


def test_each_source_gives_its_share_of_rows() -> None:
    shares = {"cai_sft": 0.7, "rft_selections": 0.3}
    assert by_source(mixed(sources(), parts=shares, rows=10)) == {"cai_sft": 7, "rft_selections": 3}
    # 10 of the first allow 14 rows: 9.8 and 4.2
    assert by_source(mixed(sources(), parts=shares)) == {"cai_sft": 10, "rft_selections": 4}


def test_more_rows_keep_those_that_were_drawn_and_another_seed_draws_others() -> None:
    few, more = mixed(sources(), rows=6), mixed(sources(), rows=12)
    assert {row.row_id for row in few} < {row.row_id for row in more}
    assert {row.row_id for row in mixed(sources(), rows=6, seed=1)} != {row.row_id for row in few}


def test_shares_of_tokens_are_kept_to_half_a_row() -> None:
    rows = mixed(sources(), tokens=12)
    tokens = Counter[str]()
    for row in rows:
        assert row.num_tokens == len(row.completion.split())
        tokens[row.source] += row.num_tokens
    assert tokens == {"cai_sft": 6, "rft_selections": 6}
    assert by_source(rows) == {"cai_sft": 3, "rft_selections": 2}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"rows": 24}, r"cai_sft has 10 that can be learned, and its share 0\.5 is 12 of 24 rows"),
        ({"tokens": 50}, r"cai_sft has 20 that can be learned, and its share 0\.5 is 25 of 50 tokens"),
    ],
)
def test_a_source_that_is_too_small_is_named_with_what_it_has(told: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        mixed(sources(), **told)


def test_an_empty_source_makes_no_mixture_of_the_others() -> None:
    rows: dict[str, Sequence[Row]] = {"rft_selections": [make(RftSelection, "r", completion="one")]}
    failed = [make(HelpfulAnswer, f"h{place}", failure="truncated") for place in range(4)]
    parts = {"helpful_answers": 0.5, "rft_selections": 0.5}
    with pytest.raises(BadInput, match="helpful_answers has 0 that can be learned"):
        mixed(rows | {"helpful_answers": failed}, parts=parts)


def test_failed_rows_and_repeated_ones_are_left_out() -> None:
    whole = [make(HelpfulAnswer, f"h{place}", completion=f"answer {place}") for place in range(3)]
    cut = make(HelpfulAnswer, "h9", failure="truncated")
    selected = [make(RftSelection, "r", rank=rank, completion="the same") for rank in (1, 2)]
    rows: dict[str, Sequence[Row]] = {"helpful_answers": [*whole, cut], "rft_selections": selected}
    made = mixed(rows, parts={"helpful_answers": 0.75, "rft_selections": 0.25})
    assert by_source(made) == {"helpful_answers": 3, "rft_selections": 1}


def test_conversations_of_several_turns_come_through_as_they_were() -> None:
    turns = [ChatMessage(role="user", content="Hi"), ChatMessage(role="assistant", content="Hello")]
    asked = ChatMessage(role="user", content="And now?")
    shown = make(Demonstration, "d", messages=[*turns, asked], prompt="And now?", completion="Now this")
    revised = make(SftExample, "s", history=turns, prompt="And now?", completion="An answer")
    rows: dict[str, Sequence[Row]] = {"cai_sft": [revised], "demonstrations": [shown]}
    made = mixed(rows, parts={"cai_sft": 0.5, "demonstrations": 0.5})
    assert [row.messages for row in made] == [[*turns, asked]] * 2
    assert {row.prompt for row in made} == {"And now?"}


def test_a_source_with_a_system_prompt_has_it_in_its_rows() -> None:
    rows = mixed(sources(1, 1), system_prompts={"cai_sft": "brief"})
    first = {row.source: row.messages[0] for row in rows}
    assert first["cai_sft"].role == "system" and first["cai_sft"].content == fill("brief")
    assert first["rft_selections"].role == "user"


def test_pairs_keep_their_labels_and_signals_and_those_without_a_label_are_left_out() -> None:
    judged = [
        make(PreferencePair, "p0", label="b", p_a=0.2, p_harmlessness=0.3, chosen="c", rejected="d"),
        make(PreferencePair, "p1", label="tie", chosen=None, rejected=None),
    ]
    verified = [make(VerifiedPair, "v", chosen="2", rejected="3")]
    people = [make(HumanPreference, "q", chosen="yes", rejected="no")]
    parts = {"preference_pairs": 0.4, "verified_pairs": 0.3, "human_preferences": 0.3}
    rows: dict[str, Sequence[Row]] = {
        "preference_pairs": judged,
        "verified_pairs": verified,
        "human_preferences": people,
    }
    settings = MixtureSettings(parts=parts, rows=3)
    made = {row.source: row for row in mix_pairs(MemoryInputs(rows), cast(Models, Policy()), settings)}
    first = made["preference_pairs"]
    assert (first.label, first.p_a, first.p_harmlessness, first.chosen) == ("b", 0.2, 0.3, "c")
    assert (made["verified_pairs"].label, made["verified_pairs"].p_a) == ("a", None)
    assert made["human_preferences"].rejected == "no"


def test_rows_of_another_kind_are_refused() -> None:
    rows = sources() | {"verified_pairs": [make(VerifiedPair, "v")]}
    with pytest.raises(BadInput, match="verified_pairs has no column 'completion'"):
        mixed(rows, parts={"cai_sft": 0.5, "verified_pairs": 0.5})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"parts": {"a": 0.5}}, "sum to 0.5: name at least two datasets"),
        ({"parts": {"a": 0.5, "b": 0.6}}, "sum to 1.1"),
        ({"parts": {"a": 1.0, "b": 0.0}}, "less than 1"),
        ({"rows": 10, "tokens": 10}, "rows and tokens both"),
        ({"parts": {"a": 0.99, "b": 0.01}, "rows": 10}, "of 10 rows b would give none"),
        ({"rows": 0}, "greater than or equal to 1"),
    ],
)
def test_shares_that_make_no_mixture_are_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MixtureSettings.model_validate({"parts": HALF} | told)


@pytest.mark.parametrize(("wanted", "passed"), [({}, True), ({"cai_sft": 0.8, "rft_selections": 0.2}, False)])
def test_a_version_whose_shares_are_others_than_asked_for_does_not_pass(
    wanted: dict[str, float], passed: bool, tmp_path: Path
) -> None:
    registry = Registry(State(tmp_path).prepare())
    rows = mixed(sources(), rows=10)
    settings = MixtureSettings(parts=HALF, rows=10).model_dump(mode="json")
    settings |= {"parts": wanted} if wanted else {}
    how = Derivation(code_version="1", settings=settings, inputs=())
    version = publish(registry, MixedExample, rows, how, "my_mixture")
    results = {result.check: result for result in registry.checks(version)}
    assert results["shares_kept"].passed is passed and (version.status == "passed") is passed
    assert results["shares_kept"].value == (0 if passed else 3)
