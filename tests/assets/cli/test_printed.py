"""What every command prints: texts from elsewhere steer no terminal, and --json is JSON alone."""

import ast
import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from assets.cli.main import main
from assets.profile.profile import load_profile
from assets.profile.uses import record_use
from datasets_registry.boundary import say_error
from datasets_registry.cards.markdown import cell
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.state import REPOSITORY
from datasets_registry.version import CheckResult, Derivation
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from generation.request import Completion, Message, Request
from generation.scripted import ScriptedBackend
from tests.assets.cli.evaluating.planted import publish_compared
from tests.assets.cli.test_main import COMMANDS
from tests.quality.evaluation.evaluated import BASELINE, MODEL
from tests.quality.review.desks import commit_sample, items
from tests.rows import make

# a title, a colour, C1's own opening, marks of direction, a return, an erasure, markup, HTML and Markdown
EVIL = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\u2066\r\x08\x7f[bold]x[/nope]<b>*y*</b>"
RAW = set(EVIL) - set("]0;owned[31m2J[bold]x[/nope]<b>*y*</b>")


@dataclass
class Filled:
    """A state in which every text is evil, and what there is to ask for."""

    registry: Registry
    key: str
    out: Path


@pytest.fixture
def filled(registry: Registry, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Filled:
    """Datasets, a model, completions and a profile."""
    how = Derivation(code_version="1", settings={"note": EVIL}, inputs=(), run_id=EVIL)
    found = CheckResult(
        check="evil", passed=False, severity="warning", value=1, threshold=0, description=f"row {EVIL}"
    )
    for text in ("old", "new"):
        rows = [make(SftExample, f"p{number}", prompt=f"{text} {EVIL}") for number in range(2)]
        registry.record_checks(registry.commit(SftExample, rows, how), [found])
    red = registry.commit(SftExample, [make(SftExample, prompt=EVIL)], how)
    registry.record_checks(red, [found.model_copy(update={"severity": "error"})])
    for figure in (make(PrincipleFigure, principle_id=EVIL), make(JudgeFigure, judge=EVIL)):
        registry.record_checks(registry.commit(type(figure), [figure], how), [])
    publish_compared(registry, EVIL)
    commit_sample(registry, items(2, prompt=EVIL, principle_id=EVIL))
    answer = {"id": EVIL, "sample": EVIL, "answer": EVIL, "note": EVIL}
    (tmp_path / "answers.jsonl").write_text(json.dumps(answer))
    model = registry.commit_model("base_policy", tiny_model, fingerprint(tiny_model), how)
    registry.record_checks(model, [found])
    request, other = (Request(messages=(Message(role="user", content=f"{name}{EVIL}"),)) for name in "ab")
    backend = ScriptedBackend(
        lambda asked: EVIL if asked == request else Completion(finish_reason="error", error=EVIL)
    )
    Completer(backend, Ledger(registry.state.ledger), asset=EVIL, report=lambda _: None)(
        "x", [request, other]
    )
    profile = tmp_path / "evil.toml"
    laptop = (REPOSITORY / "profiles" / "laptop.toml").read_text().split("\n", 2)[2]
    profile.write_text(f"description = {json.dumps(EVIL)}\n{laptop}")
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile))
    record_use(registry.state, load_profile())
    row = {"question": f"{EVIL}?", "answer": "1+1 = <<1+1=2>>2.\n#### 2", EVIL: "unused"}
    lines = [json.dumps(row), json.dumps(row | {"answer": EVIL}), EVIL]
    (tmp_path / f"train{EVIL.replace('/', '')}.jsonl").write_text("\n".join(lines))
    return Filled(registry, request.key(backend.fingerprint), tmp_path)


ASKED: dict[tuple[str, ...], list[tuple[str, ...]]] = {
    ("datasets",): [()],
    ("versions",): [("cai_sft",), (EVIL,)],
    ("show",): [("cai_sft@2", "--rows", "2"), ("base_policy",), ("principle_audit",), (f"cai_sft@{EVIL}",)],
    ("diff",): [("cai_sft", "1", "2", "--rows", "2"), ("cai_sft", "1", EVIL)],
    ("explain",): [("cai_sft", "p1"), ("cai_sft", "p1", "--full"), ("cai_sft", EVIL)],
    ("lineage",): [("cai_sft",), ("base_policy", "--down")],
    ("sql",): [("FROM cai_sft",), (f'SELECT 1 AS "{EVIL}"',), (EVIL,), (f"FROM '{EVIL}'",)],
    ("principles",): [(), (EVIL,), ("x" + EVIL,)],
    ("judges",): [()],
    # what is evaluated would be asked of a model
    ("evaluate",): [(EVIL,), (EVIL, "--suite", EVIL)],
    ("compare",): [(MODEL, BASELINE), (MODEL, BASELINE, "--suite", EVIL), (EVIL, MODEL)],
    ("report",): [(MODEL, "--against", BASELINE, "--out", "{out}.html"), (EVIL,), (MODEL, "--out", EVIL)],
    ("verify",): [(), ("cai_sft@2",)],
    ("gc",): [(), ("--grace", EVIL)],
    ("profiles",): [()],
    ("init",): [("pairs", "--out", "{out}.toml"), (EVIL,), ("pairs", "--out", EVIL)],
    ("plan",): [()],
    # what is built would be asked of a model
    ("build",): [(EVIL,), ("cai_sft", EVIL, "--only")],
    ("backends",): [(), (EVIL,)],
    ("doctor",): [()],
    ("keep",): [("helpful_prompts", "--because", EVIL), (EVIL, "--undo")],
    ("pass",): [("cai_sft@3", "--reason", EVIL), (EVIL, "--reason", EVIL)],
    ("pull",): [(), ("cai_sft@2", "base_policy"), (EVIL,)],
    ("tag",): [
        (),
        ("cai_sft@2", "paper"),
        ("cai_sft", "paper"),
        ("cai_sft", EVIL),
        (EVIL, "paper"),
        ("cai_sft", EVIL, "--remove"),
    ],
    ("rm",): [
        ("cai_sft@1", "--dry-run"),
        (EVIL,),
        ("cai_sft", EVIL),
        (f"cai_sft@{EVIL}",),
        ("judge_figures", "--yes"),
    ],
    ("import",): [
        ("{file}", "--as", "evil_sums", "--licence", EVIL),
        ("{file}", "--as", "more", "--like", EVIL),
    ],
    ("export",): [("cai_sft@2", "{out}", "--to", "jsonl"), ("evil", "{out}", "--to", EVIL)],
    ("models",): [(), ("--stale",)],
    ("models", "show"): [("base_policy",), (EVIL,)],
    ("models", "export"): [("base_policy", "{out}"), (EVIL, "{out}")],
    ("review",): [()],
    ("review", "export"): [("review_sample", "{out}", "--to", "jsonl"), (EVIL, "{out}", "--to", EVIL)],
    ("review", "import"): [("{answers}",), ("{answers}", "--reviewer", EVIL), (EVIL, "--from", EVIL)],
    # it would serve until it is stopped
    ("studio",): [
        ("--port", EVIL),
        ("--export", "{out}", "--page", "rows/cai_sft@2"),
        ("--export", "{out}", "--page", EVIL),
    ],
    ("runs",): [(), ("--number", "0")],
    ("ledger",): [()],
    ("ledger", "show"): [("{key}",), (EVIL,)],
    ("ledger", "compact"): [()],
    ("ledger", "audit"): [()],
}


def test_every_command_is_asked() -> None:
    assert ASKED.keys() == COMMANDS.keys()


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_no_text_steers_a_terminal_and_json_is_json_alone(
    words: tuple[str, ...],
    filled: Filled,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (file,) = filled.out.glob("train*.jsonl")
    num_answered = 0
    for number, (options, form) in enumerate(product(ASKED[words], ("--json", ""))):
        out = str(filled.out / f"out-{number}")
        answers = str(filled.out / "answers.jsonl")
        names = {
            "{answers}": answers,
            "{file}": str(file),
            "{out}": out,
            "{out}.html": f"{out}.html",
            "{out}.toml": f"{out}.toml",
            "{key}": filled.key,
        }
        arguments = [names.get(option, option) for option in options]
        monkeypatch.setattr(sys, "argv", ["trimtab", *words, *arguments, *([form] if form else [])])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        assert not RAW & {*printed.out, *printed.err}, ascii(printed)
        assert stopped.value.code in (0, 1, 2) and "unexpected" not in printed.err, printed.err
        if stopped.value.code == 2:
            assert printed.out == "" and printed.err.startswith("error: ") and printed.err.count("\n") == 1
        elif form:
            num_answered += 1
            json.loads(printed.out, parse_constant=lambda constant: pytest.fail(constant))
    # nothing of this state can be kept, or is evaluated or built
    assert num_answered or words in (("keep",), ("evaluate",), ("build",))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 漢字, 👩‍🔬, a\tb\nc", "plain, é, 漢字, 👩‍🔬, a\tb\nc"),
        ("\x1b[31m\x9b\x00\x7f", "\\u001b[31m\\u009b\\u0000\\u007f"),
        ("\u202eabc\u2069\u200f\u061c", "\\u202eabc\\u2069\\u200f\\u061c"),
        ("\ud800\ufeff\u2028\U000e0041", "\\ud800\\ufeff\\u2028\\udb40\\udc41"),
    ],
)
def test_what_is_not_plain_is_its_escape(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert json.loads(plain(json.dumps(text, ensure_ascii=False))) == text


def test_an_error_says_evil_words_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    say_error(EVIL)
    assert not RAW & set(capsys.readouterr().err)


def test_a_cards_text_is_no_markup(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "argv", ["trimtab", "export", "cai_sft@2", str(filled.out / "out"), "--to", "jsonl"]
    )
    with pytest.raises(SystemExit):
        main()
    card = (filled.out / "out" / "README.md").read_text()
    assert "owned" in card and not RAW & set(card)
    assert cell(EVIL) == cell(EVIL).replace("<b>", "") and "\\*y\\*" in cell(EVIL)
    tables = [line for line in card.splitlines() if line.startswith("|")]
    assert any("&lt;b&gt;" in line for line in tables) and not any("<b>" in line for line in tables)


def test_commands_print_by_the_functions_that_are_plain() -> None:
    for path in (REPOSITORY / "assets" / "cli").rglob("*.py"):
        if path.name == "printing.py":
            continue
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert "print" not in {call.id for call in calls if isinstance(call, ast.Name)}, path
