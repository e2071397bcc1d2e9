"""Addresses, names and keys of servers that cannot be meant are refused, and no message holds a key."""

import pytest
from pydantic import ValidationError

from datasets_registry.documents import fault
from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.remote.keys import key_in


@pytest.mark.parametrize("address", ["", " ", "here/v1", "http://a/v1#part", "http://a\\b/v1", "ftp://a/v1"])
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="give an address such as"):
        EngineSettings(base_url=address)


@pytest.mark.parametrize("field", ["served_model", "served_revision"])
@pytest.mark.parametrize("name", ["", " ", "\t"])
def test_a_blank_name_is_none(field: str, name: str) -> None:
    with pytest.raises(ValidationError, match="it is blank: give the name"):
        EngineSettings.model_validate({field: name})


@pytest.mark.parametrize("key", ["sk-abc", "sk.1", "1234", "a key"])
def test_a_key_in_place_of_its_variable_is_refused_and_not_shown(key: str) -> None:
    content = {"api_key_env": key}
    with pytest.raises(ValidationError) as raised:
        EngineSettings.model_validate(content)
    said = fault(EngineSettings, content, raised.value)
    assert "give the name of the environment variable" in said and key not in said


@pytest.mark.parametrize("key", ["sk-é", "sk-1 sk-2", "sk-1\nsk-2", "sk\x01"])
def test_a_key_that_no_request_can_carry_is_refused_and_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_JUDGE_KEY", key)
    with pytest.raises(BadInput, match="TEST_JUDGE_KEY .* holds no key") as raised:
        key_in("TEST_JUDGE_KEY")
    assert key not in str(raised.value)
    monkeypatch.setenv("TEST_JUDGE_KEY", " sk-1\n")
    assert key_in("TEST_JUDGE_KEY") == "sk-1"
