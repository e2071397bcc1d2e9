"""Every error of a materialization is one line in the UI."""

from pathlib import Path

import dagster as dg
import pytest

from assets.building.opening import failures_as_sentences
from assets.definitions import defs
from datasets_registry.errors import BadInput
from datasets_registry.state import State


def failure_of(error: Exception) -> dg.Failure:
    """What Dagster gets of an error."""
    with pytest.raises(dg.Failure) as failure, failures_as_sentences():
        raise error
    assert failure.value.__cause__ is None and failure.value.__suppress_context__
    return failure.value


def test_what_a_person_has_to_mend_is_a_sentence_and_not_retried() -> None:
    failure = failure_of(BadInput("this\nvalue\x1b[31m: take another"))
    assert failure.description == "this value\\u001b[31m: take another" and not failure.allow_retries


def test_what_nobody_foresaw_is_a_sentence_that_names_its_details(state: State) -> None:
    failure = failure_of(ZeroDivisionError("by zero"))
    (details,) = (state.root / "errors").iterdir()
    assert failure.description == f"unexpected ZeroDivisionError: by zero (details in {details})"


def test_what_dagster_itself_raises_goes_to_dagster() -> None:
    for own in (dg.Failure("mine"), dg.RetryRequested()):
        with pytest.raises(type(own)) as raised, failures_as_sentences():
            raise own
        assert raised.value is own


def test_a_profile_that_cannot_be_read_is_one_line_without_a_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "wrong.toml"
    profile.write_text('description = "x"')
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile))
    with pytest.raises(
        dg.DagsterInvalidDefinitionError, match=r"wrong.toml: models is missing: add it$"
    ) as error:
        defs()
    assert error.value.__suppress_context__


def test_a_profile_s_name_cannot_break_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = tmp_path / "a\nb\x1b[2J.toml"
    profile.write_text('description = "x"')
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile))
    with pytest.raises(dg.DagsterInvalidDefinitionError) as error:
        defs()
    assert len(str(error.value).splitlines()) == 1 and str(error.value).isprintable()
