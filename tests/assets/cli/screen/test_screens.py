"""Every command's screen at 80 and 120 columns, as people see it."""

import json
import pwd
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from assets.cli.commands import app, overview
from assets.cli.main import main
from datasets_registry.registry import Registry
from tests.assets.cli.screen.scripted import script
from tests.assets.cli.screen.stocked import PROFILE, Stocked, stocked
from tests.assets.cli.test_main import COMMANDS
from tests.quality.evaluation.evaluated import BASELINE, MODEL
from tests.traced import Traced

# what is asked of each command
ASKED: dict[str, tuple[str, ...]] = {
    "datasets": ("datasets",),
    "versions": ("versions", "preference_pairs"),
    "show": ("show", "preference_pairs@4"),
    "show a model": ("show", "dpo_policy"),
    "diff": ("diff", "preference_pairs", "1", "2", "--rows", "1"),
    "explain": ("explain", "preference_pairs", "{pair}"),
    "explain in full": ("explain", "preference_pairs", "{pair}", "--full"),
    "lineage": ("lineage", "dpo_policy"),
    "lineage down": ("lineage", "red_team_prompts", "--down"),
    "sql": ("sql", "SELECT name, version, status, num_rows FROM versions ORDER BY ALL"),
    "sql of wide rows": ("sql", "FROM preference_pairs ORDER BY ALL LIMIT 2"),
    "sql of a wrong name": ("sql", "FROM preference_pair"),
    "principles": ("principles",),
    "judges": ("judges",),
    "compare": ("compare", MODEL, BASELINE),
    "review": ("review",),
    "review export": ("review", "export", "review_sample", "out", "--to", "jsonl"),
    "review import": ("review", "import", "answers.jsonl", "--reviewer", "Ada"),
    "verify": ("verify", "red_team_prompts"),
    "gc": ("gc",),
    "tag": ("tag", "preference_pairs@2", "paper"),
    "rm": ("rm", "preference_pairs@4", "--dry-run"),
    "rm of what is stood on": ("rm", "preference_pairs@1", "red_team_prompts@1"),
    "profiles": ("profiles",),
    "backends": ("backends",),
    "plan": ("plan",),
    "keep": ("keep", "helpful_prompts", "--because", "it is the same"),
    "pass": ("pass", "ai_judgements@2", "--reason", "looked at"),
    "export": ("export", "preference_pairs@4", "out", "--to", "trl"),
    "import": ("import", "train.jsonl", "--as", "sums"),
    "models": ("models",),
    "models show": ("models", "show", "dpo_policy"),
    "models export": ("models", "export", "given_policy", "out"),
    "runs": ("runs",),
    "pull": ("pull",),
    "ledger": ("ledger",),
    "ledger show": ("ledger", "show", "{call}"),
    "ledger audit": ("ledger", "audit"),
    "ledger compact": ("ledger", "compact"),
    "studio": ("studio", "--export", "out", "--page", "version/preference_pairs@4"),
    "report": ("report", MODEL, "--against", BASELINE, "--out", "out.html"),
    "doctor": ("doctor",),
    "build": ("build",),
    "evaluate": ("evaluate", MODEL),
    "init": ("init", "problems", "--out", "out.toml"),
    "show of a wrong name": ("show", "preference_pair"),
}
PROMPTS = [
    {"prompt": f"What is {split}?", "split": split, "category": "explain", "source": "x", "licence": "MIT"}
    for split in ("train", "evaluation")
]
CHANGING = {"pass", "tag", "import", "review import", "ledger compact"}


@pytest.fixture(scope="module")
def shown(history: Traced, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    """The state, at a path that is as long everywhere, by a clock in UTC."""
    folder = Path(tempfile.mkdtemp(prefix="trimtab-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_HOME", str(folder / "state"))
        patch.delenv("TRIMTAB_CATALOG", raising=False)
        patch.setenv("TRIMTAB_PROFILE", str(folder / "given.toml"))
        patch.setenv("DAGSTER_HOME", "")
        patch.setenv("TZ", "UTC")
        # whoever runs the tests
        patch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="ada"))
        patch.chdir(folder)
        time.tzset()
        (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROMPTS))
        (folder / "train.jsonl").write_text('{"question": "What is 1+1?", "answer": "2\\n#### 2"}\n')
        (folder / "answers.jsonl").write_text('{"id": "x", "sample": "y", "answer": "a", "note": ""}\n')
        model = shutil.copytree(tiny_model, folder / "model")
        named = {"model": model, "prompts": folder / "prompts.jsonl"}
        (folder / "given.toml").write_text(PROFILE.format(**named))
        with stocked(folder, history, model) as state:
            yield state
    time.tzset()
    shutil.rmtree(folder)


@pytest.mark.parametrize(("name", "width"), list(product(ASKED, (80, 120))))
def test_what_a_command_shows(
    name: str,
    width: int,
    shown: Stocked,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = {"{pair}": shown.pair, "{call}": shown.call}
    monkeypatch.setattr(sys, "argv", ["trimtab", *(named.get(word, word) for word in ASKED[name])])
    monkeypatch.setenv("COLUMNS", str(width))
    script(monkeypatch, Registry(shown.state, reads_only=True))
    kept = shown.state.root.with_name("kept")
    if name in CHANGING:
        shutil.copytree(shown.state.root, kept)
    with pytest.raises(SystemExit):
        main()
    if name in CHANGING:
        shutil.rmtree(shown.state.root)
        kept.rename(shown.state.root)
    for made in shown.state.root.parent.glob("out*"):
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    out, err = capsys.readouterr()
    # an error is one line, and a key or a command that is copied stays whole
    assert all(len(line) <= width for line in out.splitlines()), out
    assert "unexpected" not in err and _fixed(out + err, shown) == snapshot


def _fixed(screen: str, shown: Stocked) -> str:
    """The screen without what differs from run to run."""
    screen = screen.replace(str(shown.state.root.parent), "/tmp/trimtab-xxxxxxxx")
    return re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-30 12:00:00", screen)


def test_every_command_is_shown() -> None:
    asked = {words[:2] if words[:2] in COMMANDS else words[:1] for words in ASKED.values()}
    assert asked == COMMANDS.keys()


@pytest.mark.parametrize("width", [80, 120])
def test_the_first_screen(width: int, snapshot: SnapshotAssertion) -> None:
    assert CliRunner().invoke(overview(), ["--help"], env={"COLUMNS": str(width)}).output == snapshot


@pytest.mark.parametrize("width", [80, 120])
def test_every_help(width: int, snapshot: SnapshotAssertion) -> None:
    columns = {"COLUMNS": str(width)}
    for words in COMMANDS:
        shown = CliRunner().invoke(app, [*words, "--help"], env=columns, prog_name="trimtab").output
        assert max(map(len, shown.splitlines())) <= width, (words, shown)
        assert shown == snapshot(name=f"{' '.join(words)} {width}")
