"""A fresh process builds each shipped profile's graph, finds the hub reachable, and downloads its base."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State
from generation.models.folder import fingerprint
from tests.generation.models.loopback_hub import FIRST, SECOND, Hub, loopback_hub

PROFILES = sorted(path.stem for path in (REPOSITORY / "profiles").glob("*.toml"))
BUILD = """
import os, sys, warnings
import dagster as dg
warnings.simplefilter("ignore")
from assets.graph import build_graph
from assets.profile.profile import load_profile
from generation.models.sources import is_hub_id

profile = load_profile(sys.argv[1])
base = profile.models["base_policy"]
if not is_hub_id(base.model):
    base = base.model_copy(update={"model": "owner/tiny-model"})
profile = profile.model_copy(
    update={"models": {**profile.models, "base_policy": base}, "min_free_gb": 0, "requires_gpu": False}
)
graph = build_graph(profile)
graph.definitions
import huggingface_hub.constants
online = huggingface_hub.constants.HF_HUB_OFFLINE is False and "HF_HUB_OFFLINE" not in os.environ
assert online, "the pipeline's process is offline"
asset = next(asset for asset in graph.assets if asset.key.path == ["base_policy"])
assert dg.materialize([asset], raise_on_error=False).success
"""
# other people's libraries take most of the time, and none of ours is imported before the fork
FORK = """
import duckdb, fsspec, gc, json, os, pandas, polars, pyarrow.parquet, rapidfuzz.process, rich.console
import sqlalchemy, sys, torch, traceback
import dagster as dg
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
# a first run, and what it imports
dg.materialize([dg.asset(name="nothing")(lambda: None)])
gc.freeze()
for line in sys.stdin:
    build, profile, home, printed = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    code = 1
    try:
        os.environ["TRIMTAB_HOME"] = home
        output = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.argv = ["-c", profile]
        exec(build, {"__name__": "__main__"})
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
"""
IMPORT = """
import importlib, os, pkgutil, sys
before = dict(os.environ)
for folder in ("datasets_registry", "generation", "methods", "quality", "training", "assets"):
    for module in pkgutil.walk_packages([folder], f"{folder}."):
        if module.name != "assets.definitions" and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from huggingface_hub.constants import HF_HUB_OFFLINE
# torch sets one of its own
set_by_torch = {'TORCHINDUCTOR_CACHE_DIR'}
changed = {name for name in os.environ if os.environ[name] != before.get(name)}
print(changed - set_by_torch, HF_HUB_OFFLINE)
"""


@pytest.fixture(scope="module")
def served(tiny_model: Path) -> Iterator[Hub]:
    """A hub of the module's own."""
    with loopback_hub(tiny_model) as hub:
        yield hub


@pytest.fixture
def hub(served: Hub, tiny_model: Path) -> Hub:
    """A hub with the tiny model under every name."""
    served.commits, served.branches = {FIRST: tiny_model}, {"main": FIRST}
    return served


@pytest.fixture(scope="module")
def forking(served: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """A process that has imported other people's libraries, and forks one that builds a profile."""
    home = str(tmp_path_factory.mktemp("hf"))
    with subprocess.Popen(
        [sys.executable, "-c", FORK],
        env=plain_environment(HF_ENDPOINT=served.address, HF_HOME=home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def plain_environment(**environment: str) -> dict[str, str]:
    """An environment that has nothing of the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "OMP_NUM_THREADS") if name in os.environ}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "DAGSTER_DISABLE_TELEMETRY": "1", **environment}


def fresh(script: str, *arguments: str) -> str:
    """What a process prints whose environment has nothing of the tests."""
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=plain_environment(),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def build(profile: str, forking: subprocess.Popen[str], home: Path) -> str:
    """Build ``base_policy`` of a profile in a process of its own, which has nothing of ours yet."""
    printed = home / "printed.txt"
    assert forking.stdin and forking.stdout
    print(json.dumps([BUILD, profile, str(home / "state"), str(printed)]), file=forking.stdin, flush=True)
    assert forking.stdout.readline() == "0\n", printed.read_text()
    return printed.read_text()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_fresh_clone_downloads_the_base_of_a_profile(
    profile: str, hub: Hub, forking: subprocess.Popen[str], tiny_model: Path, tmp_path: Path
) -> None:
    printed = build(profile, forking, tmp_path)
    registry = Registry(State(tmp_path / "state"))
    version = registry.passed("base_policy")
    assert version.data_version == fingerprint(tiny_model) and FIRST in printed
    described = origin(registry, version).description
    assert described.endswith(f"at revision {FIRST}")
    # a second machine that has the state has the model
    assert not Path(str(version.content["path"])).is_absolute()
    moved = Registry(State((tmp_path / "state").rename(tmp_path / "elsewhere")))
    assert fingerprint(moved.folder(moved.passed("base_policy"))) == version.data_version


def test_a_branch_that_moved_gives_a_new_version_and_is_said(
    hub: Hub, forking: subprocess.Popen[str], tiny_model: Path, tmp_path: Path
) -> None:
    build("laptop", forking, tmp_path)
    assert "base_policy@1" in build("laptop", forking, tmp_path)
    hub.commits[SECOND] = tmp_path / "second"
    hub.commits[SECOND].mkdir()
    for path in tiny_model.iterdir():
        (hub.commits[SECOND] / path.name).write_bytes(path.read_bytes())
    (hub.commits[SECOND] / "chat_template.jinja").write_text("{{ messages }}")
    hub.branches["main"] = SECOND
    printed = build("laptop", forking, tmp_path)
    assert f"the main branch moved from {FIRST} to {SECOND}" in printed and "base_policy@2" in printed


@pytest.mark.usefixtures("hub")
def test_a_model_that_lies_elsewhere_now_is_found_there(
    forking: subprocess.Popen[str], tmp_path: Path
) -> None:
    build("laptop", forking, tmp_path)
    registry = Registry(State(tmp_path / "state"))
    version = registry.passed("base_policy")
    # as earlier releases registered it: in the Hub client's cache, which a second machine lacks
    with registry.records.writing() as connection:
        gone = {"path": str(tmp_path / "hf" / "gone")}
        registry.records.add_version(connection, "base_policy", "model", version.data_version, None, gone)
    assert registry.version("base_policy", 1).content == gone
    build("laptop", forking, tmp_path)
    assert registry.passed("base_policy").content == version.content


def test_nothing_sets_the_environment_when_it_is_imported() -> None:
    assert fresh(IMPORT).strip() == "set() False"


def test_a_trainer_is_offline_from_its_first_line(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['sft', '--config', sys.argv[1]]\n"
        "from training.running.run import main\n"
        "def work(path, report):\n"
        "    import huggingface_hub.constants, json\n"
        "    print(json.dumps(huggingface_hub.constants.HF_HUB_OFFLINE))\n"
        "main(work, 'a trainer')"
    )
    config = tmp_path / "run.json"
    config.touch()
    assert json.loads(fresh(script, str(config))) is True
