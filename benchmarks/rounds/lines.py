"""The small size of every whole line, built by the command of `make demo` from nothing to its last model."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from assets.profile.chosen import FOLDER
from assets.profile.profile import load_profile
from benchmarks.sides.figure import Figure, exactly
from datasets_registry.inspecting.listing import list_models
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State

# the line that learns from people, and how many prompts they answered
PEOPLE, NUM_PROMPTS = "rlhf", 48


def lines(quick: bool) -> Iterator[Figure]:
    """Whether each line ends, what it made, and its seconds; nothing where ``quick``, as they train."""
    if quick:
        return
    for line in sorted(path.stem for path in (FOLDER / "small").glob("*.toml")):
        with tempfile.TemporaryDirectory() as folder:
            yield from built(line, Path(folder))


def built(line: str, folder: Path) -> Iterator[Figure]:
    """A line built in ``folder``."""
    environment = {**os.environ, "TRIMTAB_HOME": str(folder / "state"), "TRIMTAB_PROFILE": f"small/{line}"}
    if line == PEOPLE:
        import_people(folder, environment)
    begun = time.monotonic()
    yield exactly(f"{line}: exit code", command(["assets.demo"], environment), 0)
    yield Figure(name=f"{line}: build", value=round(time.monotonic() - begun), unit="s")
    registry = Registry(State(folder / "state").prepare())
    made = {model.name for model in list_models(registry)}
    models = load_profile(f"small/{line}").models
    yield exactly(f"{line}: models of {len(models)} that are missing", len(models.keys() - made), 0)
    registry.engine.dispose()


def import_people(folder: Path, environment: dict[str, str]) -> None:
    """Imitated people: a full sentence is preferred to a word, and shown."""
    text = (REPOSITORY / "assets/prompts/helpful.jsonl").read_text(encoding="utf-8")
    asked = [row["prompt"] for row in map(json.loads, text.splitlines()) if row["split"] == "train"]
    answers = {prompt: f"Let us look at it together: {prompt.lower()}" for prompt in asked[:NUM_PROMPTS]}
    rows = {
        "demonstrations": [{"prompt": prompt, "completion": answer} for prompt, answer in answers.items()],
        "human_preferences": [
            {"prompt": prompt, "chosen": answer, "rejected": "No."} for prompt, answer in answers.items()
        ],
    }
    for dataset, content in rows.items():
        file = folder / f"{dataset}.jsonl"
        file.write_text("\n".join(map(json.dumps, content)), encoding="utf-8")
        assert not command(["assets.cli", "import", str(file), "--as", dataset], environment), dataset


def command(words: list[str], environment: dict[str, str]) -> int:
    """The exit code of a module; what it prints goes to the error stream."""
    return subprocess.run([sys.executable, "-m", *words], env=environment, stdout=sys.stderr).returncode
