"""`trimtab ledger`: what was generated, one completion in full, and compaction."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from assets.cli.main import main
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.stores import opening
from datasets_registry.version import Derivation
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from generation.request import Message, Request, SamplingParams
from generation.scripted import ScriptedBackend
from generation.spending import Meter
from generation.transformers_local.backend import TransformersBackend
from tests.postgres import PostgresServer

REQUESTS = [Request(messages=(Message(role="user", content=f"question {n}"),)) for n in range(40)]

BRIEF = SamplingParams(max_tokens=2)


@pytest.fixture
def key(state: State) -> str:
    """The first request's key; all are stored, in two segments."""
    backend = ScriptedBackend(lambda request: request.messages[-1].content.upper())
    for part in (REQUESTS[:1], REQUESTS[1:]):
        Completer(backend, Ledger(state.ledger), asset="answers", report=print)("x", part)
    return REQUESTS[0].key(backend.fingerprint)


@pytest.fixture
def trimtab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command line: (exit code, output)."""

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["trimtab", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
            sys.exit(0)
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out + err

    return run


def test_stats_are_shown_by_model_and_asset(trimtab: Any, key: str) -> None:
    code, out = trimtab("ledger")
    assert code == 0 and "answers" in out and "40" in out and "tokens" in out and "usd" not in out
    (row,) = json.loads(trimtab("ledger", "--json")[1])
    assert (row["asset"], row["completions"], row["failures"], row["completion_tokens"]) == (
        "answers",
        40,
        0,
        80,
    )
    assert {"prompt_tokens", "cached_tokens", "seconds", "usd"} <= row.keys()


def test_an_empty_ledger_has_no_stats(trimtab: Any, state: State) -> None:
    assert trimtab("ledger", "--json") == (0, "[]\n")
    code, out = trimtab("ledger", "show", "0")
    assert code == 2 and "no stored completion's key begins with '0'" in out


def test_one_completion_is_shown_by_the_first_digits_of_its_key(trimtab: Any, key: str) -> None:
    code, out = trimtab("ledger", "show", key[:12])
    assert code == 0
    for part in ("[user] question 0", "[completion] QUESTION 0", key[:12], "stop", "scripted", "answers"):
        assert part in out
    row = json.loads(trimtab("ledger", "show", key, "--json")[1])
    assert row["text"] == "QUESTION 0" and row["key"] == key
    assert Request.model_validate(row["request"]) == REQUESTS[0]


def test_a_key_that_is_unknown_or_not_unique_is_refused_with_the_remedy(trimtab: Any, key: str) -> None:
    code, out = trimtab("ledger", "show", "xyz")
    assert code == 2 and "begins with 'xyz'" in out and "trimtab sql" in out
    # 40 keys share 16 first digits
    crowded = next(digit for digit in "0123456789abcdef" if trimtab("ledger", "show", digit)[0] == 2)
    code, out = trimtab("ledger", "show", crowded)
    assert code == 2 and ("give more digits" in out or "no stored completion" in out)
    assert trimtab("ledger", "show", "")[0] == 2


def test_compaction_says_what_it_did(trimtab: Any, key: str, state: State) -> None:
    before = trimtab("ledger", "--json")
    (done,) = json.loads(trimtab("ledger", "compact", "--json")[1])
    assert (done["num_merged"], done["num_rows"], done["num_segments"]) == (2, 40, 1)
    assert trimtab("ledger", "--json") == before
    assert trimtab("ledger", "compact")[0] == 0


def test_a_profile_sets_prices_and_a_budget(tmp_path: Path) -> None:
    laptop = load_profile("laptop")
    assert laptop.given("base_policy").price.prompt == 0 and laptop.budget.max_usd is None
    text = (Path(__file__).parents[3] / "profiles" / "laptop.toml").read_text()
    priced = tmp_path / "priced.toml"
    priced.write_text(
        text.replace(
            "[models.base_policy]",
            "[budget]\nmax_usd = 5\n\n[models.base_policy]\nprice = { prompt = 2.5, completion = 10 }",
        )
    )
    profile = load_profile(str(priced))
    meter = Meter(profile.given("base_policy").price, profile.budget)
    assert meter.price.usd(1e6, 0, 1e6) == 12.5 and meter.budget.max_usd == 5
    priced.write_text(text + "\n[budget]\nmax_usd = -1\n")
    with pytest.raises(BadInput, match="budget.max_usd"):
        load_profile(str(priced))


def test_an_audit_lists_completions_whose_requests_are_other_tokens_now(
    trimtab: Any, registry: Registry, derivation: Derivation, tiny_model: Path, tmp_path: Path
) -> None:
    assert trimtab("ledger", "audit", "--json") == (0, "[]\n")
    folder = Path(shutil.copytree(tiny_model, tmp_path / "given"))
    registry.commit_model("base_policy", folder, fingerprint(folder), derivation)
    backend = TransformersBackend(folder, EngineSettings())
    requests = [Request(messages=request.messages, params=BRIEF) for request in REQUESTS[:3]]
    Completer(backend, Ledger(registry.state.ledger), asset="answers", report=print)("x", requests)
    code, out = trimtab("ledger", "audit")
    assert code == 0 and backend.fingerprint[:6] in out
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text().replace("assistant", "helper"))
    code, out = trimtab("ledger", "audit", "--json")
    (row,) = json.loads(out)
    assert code == 1 and (row["compared"], row["other_prompts"]) == (3, 3)
    assert row["example"] in {request.key(backend.fingerprint) for request in requests}


@pytest.mark.parametrize("command", [(), ("compact",), ("show", "00")])
def test_the_ledger_of_another_bucket_is_not_touched(
    trimtab: Any,
    state: State,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    memory = MemoryStore()
    monkeypatch.setattr(opening, "_client", lambda bucket, prefix: memory)
    monkeypatch.setenv("TRIMTAB_CATALOG", postgres.database())
    monkeypatch.setenv("TRIMTAB_STORE", "s3://lab/team")
    Registry(State(state.root).prepare()).engine.dispose()
    monkeypatch.setenv("TRIMTAB_STORE", "s3://lab/another-team")
    code, out = trimtab("ledger", *command)
    assert code == 2 and "the catalog's files are in s3://lab/team" in " ".join(out.split())
