"""A backend that is fed completes what comes while it completes the rest; `opened.py` has the backends."""

from pathlib import Path

import pytest

from generation.batches.records import Records
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.loopback.dialects import GPT4
from generation.loopback.server import LoopbackServer
from generation.openai_server.backend import OpenAIBackend
from generation.request import Feeds
from generation.scripted import completing
from generation.streaming.flow import flow
from tests.generation.known_model import ask
from tests.generation.opened import Opened
from tests.generation.streaming.test_flow import tasks

STORY = "Tell me a long story."


def test_requests_that_come_while_it_completes_are_completed_as_well(opened: Opened) -> None:
    if not isinstance(opened.backend, Feeds):
        pytest.skip(f"{opened.entry.name} takes no more requests while it completes some")
    requests = [ask(STORY, sample=number, max_tokens=4) for number in range(9)]
    later = [requests[6:], [], requests[3:6]]
    found = dict(opened.backend.complete_fed(requests[:3], lambda: later.pop() if later else []))
    assert sorted(found) == list(range(9)) and not any(each.error for each in found.values())
    if "seeds" not in opened.entry.lacks:
        assert [found[place].text for place in range(9)] == [
            completion.text for completion in opened.complete(*requests)
        ]


def test_a_stream_over_a_server_gives_what_rounds_give(tmp_path: Path) -> None:
    with LoopbackServer(GPT4, lambda asked: f"to {asked.prompt}") as server:
        settings = EngineSettings(base_url=server.url, served_model=GPT4.model)
        backend = OpenAIBackend(Path("no-weights"), settings)
        complete = Completer(backend, Ledger(tmp_path), asset="test", report=lambda line: None)
        assert complete.feeding is backend
        ended = list(flow(complete, "x", tasks(24), 5))
    rounds = list(flow(completing(lambda request: f"to {request.messages[-1].content}"), "x", tasks(24), 5))
    assert sorted(map(str, ended)) == sorted(map(str, rounds))
    assert len(server.paid) == complete.num_generated == len(Ledger(tmp_path).ask("SELECT key FROM stored"))


def test_where_requests_go_by_batch_a_stage_goes_in_rounds(tmp_path: Path) -> None:
    settings = EngineSettings(base_url="http://127.0.0.1:9/v1", served_model="served", batch_from=10)
    backend = OpenAIBackend(Path("no-weights"), settings)
    complete = Completer(backend, Ledger(tmp_path), asset="test", report=lambda line: None)
    assert complete.by_batch and complete.feeding is None
    direct = OpenAIBackend(Path("no-weights"), settings.model_copy(update={"batch_from": None}))
    complete = Completer(direct, Ledger(tmp_path), asset="test", report=lambda line: None)
    assert not complete.by_batch and complete.feeding is direct
    records = Records(tmp_path / "batches", "a server", "a model")
    record = records.intend(["a key"])
    assert complete.by_batch and complete.feeding is None
    records.close(record, ["a key"])
    assert not complete.by_batch and complete.feeding is direct
