"""The ledger's key changes with all that can change a completion, and with nothing else."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel

from datasets_registry.rows.conversation import Tool
from generation.backends import open_backend
from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.request import Message, Request, SamplingParams
from generation.scripted import ScriptedBackend

TEXTS = st.text(max_size=8)
MESSAGES = st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=TEXTS)
PARAMS = st.builds(
    SamplingParams,
    temperature=st.integers(0, 8).map(lambda n: n / 4),
    top_p=st.integers(1, 8).map(lambda n: n / 8),
    max_tokens=st.integers(1, 9),
    stop=st.lists(TEXTS, max_size=2, unique=True).map(tuple),
)
REQUESTS = st.builds(
    Request,
    messages=st.lists(MESSAGES, min_size=1, max_size=3).map(tuple),
    params=PARAMS,
    seed=st.integers(0, 9),
    sample=st.integers(0, 9),
    choices=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
    tools=st.none() | st.lists(st.builds(Tool, name=TEXTS), min_size=1, max_size=2).map(tuple),
)
GIVEN = st.builds(
    lambda request, text: request.model_copy(update={"choices": (), "continuation": text}),
    REQUESTS,
    st.text(min_size=1, max_size=8),
)
HELD = st.builds(
    lambda request, title: request.model_copy(
        update={"choices": (), "answer_schema": json.dumps({"title": title})}
    ),
    REQUESTS,
    TEXTS,
)
ANY = REQUESTS | GIVEN | HELD
# of these a request has one at most
EXCLUSIVE = ("choices", "continuation", "answer_schema")


def _fields(model: type[BaseModel], into: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every field that decides a completion, nested ones included."""
    return [
        path
        for name, field in model.model_fields.items()
        for path in (
            _fields(field.annotation, (*into, name))
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
            else [(*into, name)]
        )
    ]


def _value(request: Request, path: tuple[str, ...]) -> Any:
    value: Any = request
    for name in path:
        value = getattr(value, name)
    return value


def _with(request: Request, path: tuple[str, ...], value: Any) -> Request:
    fields: dict[str, Any] = request.model_dump()
    inner = fields
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return Request.model_validate(fields)


@pytest.mark.parametrize("path", _fields(Request), ids=".".join)
@given(request=ANY, other=ANY)
def test_a_key_changes_exactly_when_a_field_does(
    path: tuple[str, ...], request: Request, other: Request
) -> None:
    if path[0] in EXCLUSIVE:
        assume(not (_value(other, path) and any(getattr(request, name) for name in EXCLUSIVE)))
    changed = _with(request, path, _value(other, path))
    assert (changed.key("m") == request.key("m")) == (_value(request, path) == _value(other, path))


@given(ANY, ANY)
def test_two_requests_have_one_key_only_if_they_are_equal(request: Request, other: Request) -> None:
    assert (request.key("m") == other.key("m")) == (request == other)
    assert request.key("m") != request.key("another model")


def _shuffled(value: Any, rng: random.Random) -> Any:
    """The same content, told differently: field order, lists for tuples, integers for whole floats."""
    if isinstance(value, dict):
        items = [(name, _shuffled(part, rng)) for name, part in value.items()]
        return dict(rng.sample(items, len(items)))
    if isinstance(value, tuple | list):
        return rng.choice([tuple, list])(_shuffled(part, rng) for part in value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


@given(ANY, st.randoms(use_true_random=False))
def test_a_key_stays_when_the_same_request_is_told_differently(request: Request, rng: random.Random) -> None:
    assert Request.model_validate(_shuffled(request.model_dump(), rng)).key("m") == request.key("m")
    assert Request.model_validate_json(request.model_dump_json()).key("m") == request.key("m")


@given(ANY)
def test_a_field_at_its_default_is_no_part_of_a_key_so_that_new_ones_keep_old_keys(request: Request) -> None:
    spelled_out = Request.model_validate(request.model_dump())
    assert spelled_out.model_fields_set == set(Request.model_fields)
    assert Request.model_validate(request.model_dump(exclude_defaults=True)).key("m") == spelled_out.key("m")


def test_keys_of_this_scheme_never_change() -> None:
    """A digest that changes here makes every stored completion unfindable: raise KEY_SCHEME with it."""
    plain = Request(messages=(Message(role="user", content="hello"),))
    full = Request(
        messages=(Message(role="system", content="brief"), Message(role="assistant", content="é\u0000")),
        params=SamplingParams(temperature=0.7, top_p=0.9, max_tokens=64, stop=("\n",)),
        seed=1,
        sample=2,
        choices=("A", "B"),
    )
    assert plain.key("m") == "185dacf0de1e480345b6d83f29b561f30092b475ff9d922675140148848a4b7e"
    assert full.key("m") == "9076aaa8abfeae2b3810262a3269828f512e185ab99e974802eba383b74ee6ab"


def test_defaults_of_this_scheme_never_change() -> None:
    """Defaults are left out of a key, so a changed one gives old keys another meaning."""
    plain = Request(messages=(Message(role="user", content="hello"),)).model_dump()
    assert (
        plain["params"].items() >= {"temperature": 1.0, "top_p": 1.0, "max_tokens": 256, "stop": ()}.items()
    )
    assert plain.items() >= {"seed": 0, "sample": 0, "choices": ()}.items()
    assert plain.items() >= {"continuation": None, "tools": None}.items()


def test_repeated_choices_are_refused() -> None:
    with pytest.raises(ValueError, match="repeat one another"):
        Request(messages=(Message(role="user", content="hello"),), choices=("A", "A"))


def test_a_continuation_has_a_text_and_no_choices_beside_it() -> None:
    messages = (Message(role="user", content="hello"),)
    with pytest.raises(ValueError, match="at least 1 character"):
        Request(messages=messages, continuation="")
    with pytest.raises(ValueError, match="either choices or a continuation"):
        Request(messages=messages, choices=("A", "B"), continuation="A")


def test_backend_and_engine_are_no_part_of_a_key(tiny_model: Path) -> None:
    request = Request(messages=(Message(role="user", content="hello"),))
    few, many = (open_backend("transformers", tiny_model, EngineSettings(batch_size=n)) for n in (1, 9))
    assert request.key(few.fingerprint) == request.key(many.fingerprint)
    names = [ScriptedBackend(lambda _: "", name=name).fingerprint for name in ("vllm", "openai")]
    assert request.key(names[0]) == request.key(names[1])


CHANGES: dict[str, Callable[[str], str]] = {
    "config.json": lambda text: text.replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e-05'),
    "tokenizer.json": lambda text: text.replace('"<|im_end|>"', '"<|end|>"'),
    "tokenizer_config.json": lambda text: text.replace("im_end", "end"),
    "chat_template.jinja": lambda text: text + " ",
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_config_tokenizer_or_chat_template_is_another_model(
    name: str, tiny_model: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    assert fingerprint(copy) == fingerprint(tiny_model)
    text = (copy / name).read_text()
    (copy / name).write_text(CHANGES[name](text))
    assert (copy / name).read_text() != text
    assert fingerprint(copy) != fingerprint(tiny_model)


@pytest.mark.parametrize("name", ["tokenizer.model", "added_tokens.json", "chat_template.json"])
def test_tokenizer_files_of_other_families_count_too(name: str, tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / name).write_text("{}")
    assert fingerprint(copy) != fingerprint(tiny_model)
