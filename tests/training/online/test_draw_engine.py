"""The engine that draws for a trainer: restarted once, on the process's own card, and no part of a launch."""

from pathlib import Path

import pytest

from datasets_registry.errors import ModelFailed
from generation.cards.visible import Card
from generation.engine import EngineSettings
from generation.request import SamplingParams
from generation.vllm_offline.job import Drawn, Draws
from generation.vllm_offline.process import Start, _environment
from training.online.draw_engine import DrawEngine

WORKER = "tests.training.online.scripted_drawing"


def engine(folder: Path) -> DrawEngine:
    """An engine that needs no model."""
    return DrawEngine("policy", Start(folder=folder, settings=EngineSettings(), worker=WORKER))


def draws(*prompts: tuple[int, ...]) -> Draws:
    """A draw for each prompt."""
    return Draws(prompts=prompts, keys=("0" * 64,) * len(prompts), ends=(0,))


def test_an_engine_that_dies_once_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "deaths").write_text("1")
    drawing = engine(tmp_path)
    found = drawing.draw(draws((1, 2), (3,)), SamplingParams(), None)
    assert [sample.tokens for sample in found] == [(1, 2), (3,)] and found[0].logp == -2.0
    pid = drawing.start().pid
    assert drawing.draw(draws((4,)), SamplingParams(), None) == (Drawn(tokens=(4,), logps=(-1.0,)),)
    assert drawing.start().pid == pid
    drawing.stop()
    assert drawing.process is None


def test_an_engine_that_dies_twice_in_a_step_says_how_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "deaths").write_text("2")
    drawing = engine(tmp_path)
    with pytest.raises(ModelFailed, match=r"^policy: .* died twice in one step: .*signal 6.*last checkpoint"):
        drawing.draw(draws((1, 2)), SamplingParams(), None)
    assert drawing.process is None


def test_an_engine_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "unloadable").touch()
    with pytest.raises(ModelFailed, match=r"policy: vLLM did not start .*no memory for the model.*lower"):
        engine(tmp_path).start()


def test_a_draw_that_is_refused_fails_the_run(tmp_path: Path) -> None:
    drawing = engine(tmp_path)
    with pytest.raises(ModelFailed, match="policy: a sample could not be drawn: it is empty"):
        drawing.draw(draws((1,), ()), SamplingParams(), None)
    drawing.stop()


def test_an_engine_of_a_launched_process_is_no_part_of_the_launch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # with these it would wait for the launcher's other processes, for ever
    for variable in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_PORT", "TORCHELASTIC_USE_AGENT_STORE"):
        monkeypatch.setenv(variable, "1")
    second = Card("1", "GPU-2")
    start = Start(folder=tmp_path, settings=EngineSettings(), place=1, num_replicas=2, cards=(second,))
    environment = _environment(start)
    assert environment["CUDA_VISIBLE_DEVICES"] == "GPU-2"
    assert not [key for key in environment if key.startswith(("RANK", "LOCAL", "WORLD", "MASTER", "TORCHEL"))]
