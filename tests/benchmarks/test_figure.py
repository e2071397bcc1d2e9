"""A benchmark's --json is JSON alone, whatever libraries and other processes print meanwhile."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from benchmarks.sides.apart import side_by_side
from benchmarks.sides.figure import Figure, Measure, at_most, run, run_parts
from tests.test_boundary import raising


def noisy(quick: bool) -> Sequence[Figure]:
    """Print in every way there is; one figure misses its goal where it is not quick."""
    print("a line of Python's")
    os.write(1, b"a progress bar of C's\n")
    subprocess.run([sys.executable, "-c", "print('another process')"], check=True)
    return [at_most("value", 1 if quick else 3, "s", 2)]


def ended(
    measure: Callable[[bool], Sequence[Figure]], monkeypatch: pytest.MonkeyPatch, *options: str
) -> object:
    """The exit code of a benchmark."""
    monkeypatch.setattr(sys, "argv", ["benchmark", *options])
    with pytest.raises(SystemExit) as stopped:
        run(measure, "A benchmark.")
    return stopped.value.code


@pytest.mark.parametrize(("options", "code"), [(("--quick",), 0), ((), 1)])
def test_json_is_alone_on_standard_output(
    options: Sequence[str], code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ended(noisy, monkeypatch, "--json", *options) == code
    out, err = capfd.readouterr()
    (figure,) = json.loads(out)
    assert figure["holds"] == (code == 0)
    assert "progress bar" in err and "another process" in err


def test_a_benchmark_that_fails_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path))
    assert (
        ended(lambda quick: [at_most("x", raising(ZeroDivisionError("by zero"))(), "", 1)], monkeypatch) == 1
    )
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("error: unexpected ZeroDivisionError: by zero")


def test_a_part_is_measured_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path))
    parts: dict[str, Measure] = {
        "broken": lambda quick: [at_most("x", raising(ZeroDivisionError("broken"))(), "", 1)],
        "noisy": noisy,
    }
    for only, code in (("noisy", 0), ("none", 2)):
        monkeypatch.setattr(sys, "argv", ["benchmark", "--json", "--quick", "--only", only])
        with pytest.raises(SystemExit) as stopped:
            run_parts(parts, "A benchmark.")
        assert stopped.value.code == code
    assert [figure["name"] for figure in json.loads(capfd.readouterr().out)] == ["value"]


def test_a_part_that_prints_no_figures_is_named_with_what_it_said() -> None:
    with pytest.raises(
        SystemExit, match="--only nothing printed no figures:(?s:.*)invalid choice: 'nothing'"
    ):
        side_by_side("benchmarks.scale", ["nothing"])


def test_parts_in_their_quick_form_may_go_their_own_way(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def whole(names: Sequence[str]) -> list[Figure]:
        return [at_most(name, 1, "s", 2) for name in names]

    parts = {"first": noisy, "second": noisy}
    monkeypatch.setattr(sys, "argv", ["benchmark", "--quick", "--json"])
    with pytest.raises(SystemExit):
        run_parts(parts, "A benchmark.", quick_whole=whole)
    assert [figure["name"] for figure in json.loads(capfd.readouterr().out)] == ["first", "second"]
