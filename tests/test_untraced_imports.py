"""With the plugin, coverage sees every line of ours and none that others' modules run as they are loaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

from datasets_registry.state import REPOSITORY

OURS = """
def before():
    return "traced"

def load():
    import colorsys
    return colorsys.hls_to_rgb(0.5, 0.5, 0.5)

before()
load()
before()
"""
MEASURE = """
import json
import sys
import coverage

measured = coverage.Coverage(data_file=None, config_file=False, cover_pylib=True)
measured.set_option("run:plugins", json.loads(sys.argv[1]))
sys.path.insert(0, sys.argv[2])
measured.start()
import ours
measured.stop()
data = measured.get_data()
lines = {path.rpartition("/")[2]: sorted(data.lines(path)) for path in data.measured_files()}
print(json.dumps([lines["ours.py"], lines["colorsys.py"]]))
"""


def lines_seen(plugins: list[str], folder: Path) -> list[list[int]]:
    """The lines of our module and of the other that coverage sees, in a process that nothing else traces."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment["COVERAGE_CORE"] = "ctrace"
    command = [sys.executable, "-c", MEASURE, json.dumps(plugins), str(folder)]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    modules: list[list[int]] = json.loads(run.stdout)
    return modules


def test_all_of_ours_is_seen_and_what_others_run_when_loaded_is_not(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(OURS)
    ours, other = lines_seen([], tmp_path)
    still_ours, called = lines_seen(["tests.untraced_imports"], tmp_path)
    assert still_ours == ours == [2, 3, 5, 6, 7, 9, 10, 11]
    # the module's own lines ran unseen, those of the function that was called later did not
    assert called and set(called) < set(other)
