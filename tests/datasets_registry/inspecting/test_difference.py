"""Two versions compared by value: rows, columns, labels and calls, and why labels flipped."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.inspecting.comparison import CallCounts, Flip, RowCounts
from datasets_registry.inspecting.difference import ColumnNames, difference
from datasets_registry.inspecting.recipe_changes import BeforeAfter, SettingChange, setting_changes
from datasets_registry.inspecting.row_search import find_row, joined_key
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import SuiteAnswer
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from datasets_registry.version import Derivation, Version
from datasets_registry.views.scanning import scanning
from tests.rows import make
from tests.traced import Traced


def how(code: str) -> Derivation:
    """A derivation told apart by its code version."""
    return Derivation(code_version=code, settings={}, inputs=())


def pair(name: str, label: str = "a") -> PreferencePair:
    """A preference pair."""
    return make(PreferencePair, name, label=label)


def test_rows_are_added_dropped_changed_and_the_same(registry: Registry) -> None:
    before = registry.commit(PreferencePair, [pair("1"), pair("2"), pair("3"), pair("4")], how("1"))
    after = registry.commit(PreferencePair, [pair("2", "b"), pair("3"), pair("4"), pair("5")], how("1"))
    found = difference(registry, before, after, num_rows=5)
    assert found.rows == RowCounts(added=1, dropped=1, changed=1, same=2)
    assert (found.added, found.dropped) == (({"pair_id": "pair 5"},), ({"pair_id": "pair 1"},))
    assert found.changed_columns == {"label": 1}
    assert found.labels == {"label": (Flip(old="a", new="b", rows=1),)}
    assert [row.dump() for row in found.sample] == [
        {"key": {"pair_id": "pair 2"}, "changes": {"label": {"before": "a", "after": "b"}}}
    ]


def test_a_version_is_the_same_as_itself(registry: Registry) -> None:
    version = registry.commit(PreferencePair, [pair("1")], how("1"))
    found = difference(registry, version, version)
    assert found.rows == RowCounts(added=0, dropped=0, changed=0, same=1)
    assert found.flips is None and found.changed_columns == {}


def test_null_and_a_value_differ_and_null_and_null_do_not(registry: Registry) -> None:
    before = registry.commit(PreferencePair, [make(PreferencePair, p_a=None, failure=None)], how("1"))
    after = registry.commit(PreferencePair, [make(PreferencePair, p_a=0.5, failure=None)], how("1"))
    assert difference(registry, before, after).changed_columns == {"p_a": 1}


class Chunked(Registry):
    """A registry whose every version has one more file, the same for all, which nobody can read."""

    def files(self, version: Version) -> list[Path]:
        """The version's own files and the shared one."""
        shared = self.state.objects / "shared.parquet"
        shared.write_bytes(b"no Parquet at all")
        return [*super().files(version), shared]


def test_files_that_both_versions_share_are_not_read(registry: Registry) -> None:
    before = registry.commit(PreferencePair, [pair("1"), pair("2")], how("1"))
    after = registry.commit(PreferencePair, [pair("1"), pair("2", "b")], how("1"))
    chunked = Chunked(registry.state)
    counts = RowCounts(added=0, dropped=0, changed=1, same=1)
    assert difference(chunked, before, after).rows == counts
    chunked.engine.dispose()


def test_a_file_that_cannot_be_read_is_a_sentence(registry: Registry) -> None:
    before = registry.commit(PreferencePair, [pair("1")], how("1"))
    after = registry.commit(PreferencePair, [pair("2")], how("1"))
    for path in registry.files(after):
        path.write_bytes(b"no Parquet at all")
    with pytest.raises(BrokenObject, match="an object cannot be read .* `trimtab verify`"):
        difference(registry, before, after)


def test_versions_with_other_columns_are_compared_by_those_in_common(registry: Registry) -> None:
    before = registry.commit(PreferencePair, [pair("1")], how("1"))
    after = registry.commit(PreferencePair, [pair("1", "b")], how("1"))
    (path,) = registry.files(before)
    pq.write_table(_older(pq.read_table(path)), path)
    found = difference(registry, before, after)
    assert found.columns == ColumnNames(added=("failure",), dropped=("note",))
    assert found.changed_columns == {"label": 1}


def _older(table: pa.Table) -> pa.Table:
    return table.drop_columns(["failure"]).append_column("note", pa.array(["x"]))


def test_rows_with_another_key_cannot_be_compared(registry: Registry) -> None:
    before = registry.commit(SftExample, [make(SftExample)], how("1"), name="mixed")
    after = registry.commit(CompletionPair, [make(CompletionPair)], how("1"), name="other")
    with pytest.raises(BadInput, match="compare versions with the same key"):
        difference(registry, before, after)


def test_a_key_of_several_columns_is_matched_as_a_whole(registry: Registry) -> None:
    def answers(failure: str) -> list[SuiteAnswer]:
        return [make(SuiteAnswer, model=name, failure=failure) for name in ("m1", "m2")]

    before = registry.commit(SuiteAnswer, answers("empty"), how("1"))
    after = registry.commit(SuiteAnswer, answers("truncated"), how("1"))
    assert difference(registry, before, after).labels["failure"] == (
        Flip(old="empty", new="truncated", rows=2),
    )


def test_calls_made_anew_are_told_from_those_read_anew(registry: Registry) -> None:
    before = registry.commit(SftExample, [make(SftExample, name) for name in ("1", "2")], how("1"))
    changed = [make(SftExample, "1", completion="cut"), make(SftExample, "2", completion_key="new")]
    after = registry.commit(SftExample, changed, how("2"))
    assert difference(registry, before, after).calls == CallCounts(same_calls=1, new_calls=1)


def test_flips_are_explained_by_the_input_rows_that_changed(traced: Traced) -> None:
    registry = traced.registry
    found = difference(registry, traced.preferences[0], traced.preferences[1])
    flips = sum(flip.rows for flip in found.labels["label"])
    assert found.flips
    judged, pairs = sorted(found.flips.inputs, key=lambda changed: changed.name)
    assert found.flips.flips == found.flips.explained == judged.flips == flips > 0
    assert judged.matched_on == ("pair_id",) and judged.columns["verdict"] == flips
    assert (judged.same_calls, judged.new_calls) == (flips, 0)
    assert pairs.name == "completion_pairs" and not pairs.changed
    (recipe,) = [change for change in found.recipes if change.name == "ai_judgements"]
    assert recipe.settings == (SettingChange(path="max_outside_probability", before="0.5", after="0.15"),)
    assert recipe.code_version == BeforeAfter(before="judge-1", after="judge-2")


def test_another_judge_and_another_principle_are_named(traced: Traced) -> None:
    registry = traced.registry
    found = difference(registry, traced.preferences[2], traced.preferences[3])
    (recipe,) = [change for change in found.recipes if change.name == "ai_judgements"]
    assert [setting.path for setting in recipe.settings] == ["principles.kind.preference_question"]
    (judge,) = [version for version in recipe.inputs if version.kind == "model"]
    assert judge.changed and (judge.before, judge.after) == (1, 2)


def test_a_broken_input_is_named_and_the_rest_is_told(traced: Traced) -> None:
    registry = traced.registry
    for path in registry.files(registry.version("ai_judgements", 1)):
        path.unlink()
    found = difference(registry, traced.preferences[0], traced.preferences[1])
    assert found.flips
    (judged,) = [changed for changed in found.flips.inputs if changed.name == "ai_judgements"]
    assert "is missing" in str(judged.missing) and found.flips.unexplained == found.flips.flips


def test_a_model_has_no_rows_to_compare(registry: Registry) -> None:
    model = registry.commit_model("m", registry.state.models / "m", "f" * 64, how("1"))
    with pytest.raises(BadInput, match="m@1 is a model: `trimtab lineage m@1`"):
        difference(registry, model, model)


def test_settings_that_differ_have_their_path_and_long_ones_are_cut() -> None:
    before = {"answers": {"temperature": 0.7, "stop": ["x"]}, "same": 1}
    after = {"answers": {"temperature": 1.0, "stop": ["x"]}, "same": 1, "text": "y" * 100}
    assert list(setting_changes(before, after)) == [
        SettingChange(path="answers.temperature", before="0.7", after="1.0"),
        SettingChange(path="text", before="null", after="y" * 79 + "…"),
    ]


def test_a_key_with_a_truth_value_is_found_as_it_is_shown(registry: Registry) -> None:
    version = registry.commit(Debate, [make(Debate, swap=True)], how("1"))
    after = registry.commit(Debate, [make(Debate, swap=False)], how("1"))
    (dropped,) = difference(registry, version, after, num_rows=1).dropped
    with scanning(registry.state) as connection:
        assert find_row(connection, registry, version, joined_key(dropped))["swap"] is True
