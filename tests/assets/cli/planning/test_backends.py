"""trimtab backends shows what was seen of servers, spends nothing unasked, and says first what it costs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.engine import EngineSettings
from generation.loopback.dialects import GPT4, GPT5
from generation.loopback.server import LoopbackServer
from tests.assets.cli.trained import ended
from tests.generation.capabilities.talker import talk

KEY = "sk-a-key-that-no-file-may-hold"
PROFILE = """description = "x"
min_free_gb = 0.1

[models.base]
model = "smollm2-135m-instruct"
"""
HOSTED = """
[models.{name}]
backend = "openai"
engine = {{ base_url = "{url}", served_model = "{model}", api_key_env = "TEST_JUDGE_KEY" }}
price = {{ prompt = 1.0, completion = 4.0 }}
"""


@pytest.fixture
def servers(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, LoopbackServer]]:
    """Two servers, and a profile whose hosted models they have."""
    monkeypatch.setenv("TEST_JUDGE_KEY", KEY)
    with LoopbackServer(GPT4, talk, key=KEY) as old, LoopbackServer(GPT5, talk, key=KEY) as new:
        servers = {"judge": old, "second_judge": new}
        sections = [
            HOSTED.format(name=name, url=server.url, model=server.dialect.model)
            for name, server in servers.items()
        ]
        path = tmp_path / "own.toml"
        path.write_text(PROFILE + "".join(sections))
        monkeypatch.setenv("TRIMTAB_PROFILE", str(path))
        yield servers


def num_paid(servers: dict[str, LoopbackServer]) -> list[int]:
    """The calls that each server was paid for."""
    return [len(server.paid) for server in servers.values()]


def test_without_a_probe_nothing_is_asked_or_written(
    servers: dict[str, LoopbackServer], state: State
) -> None:
    before = sorted(state.root.rglob("*"))
    rows = json.loads(ended("backends", "--json").stdout)
    assert [(row["model"], row["probe"]) for row in rows] == [("judge", None), ("second_judge", None)]
    assert "never probed: judge, second_judge; `trimtab backends --probe`" in ended("backends").stdout
    assert all(not server.calls for server in servers.values()) and sorted(state.root.rglob("*")) == before


def test_a_probe_says_its_cost_first_and_is_shown_later_with_its_date(
    servers: dict[str, LoopbackServer], state: State
) -> None:
    probed = ended("backends", "judge", "--probe")
    assert probed.exit_code == 0 and num_paid(servers)[1] == 0
    first = probed.stdout.splitlines()[0]
    assert first.startswith("judge: up to 14 short calls to gpt-4.1-mini of 127.0.0.1, 1.4 k tokens (under")
    ended("backends", "--probe")
    paid = num_paid(servers)
    assert all(paid)
    shown = ended("backends").stdout
    assert num_paid(servers) == paid
    lines = shown.splitlines()
    table = lines[: lines.index("")]
    assert max(map(len, table)) <= 80
    rows = {words[0]: words[1:] for line in table if (words := line.split())}
    assert rows["logprobs"] == ["served", "refused"] and rows["temperature"] == ["served", "refused"]
    assert rows["probed"][0] == rows["probed"][1] != "never"
    assert any("logprobs: refused: HTTP 400: Unsupported parameter" in line for line in lines)
    row = json.loads(ended("backends", "second_judge", "--json").stdout)[0]
    assert row["probe"]["capabilities"]["n"] == {"verdict": "served", "seen": "2 of 2 choices came"}
    written = [path for path in state.root.rglob("*") if path.is_file()]
    assert written and not any(KEY.encode() in path.read_bytes() for path in written)


def test_a_name_that_no_server_has_is_refused(servers: dict[str, LoopbackServer]) -> None:
    with pytest.raises(BadInput, match="'base' is no model .* a server has: those are judge, second_judge"):
        ended("backends", "base")


def test_the_cost_is_apart_from_the_json(servers: dict[str, LoopbackServer]) -> None:
    result = ended("backends", "judge", "--probe", "--json")
    (row,) = json.loads(result.stdout)
    assert row["probe"]["hosted"]["stated"] == GPT4.states and "short calls" in result.stderr
    assert EngineSettings(base_url=row["address"]).base_url == servers["judge"].url
