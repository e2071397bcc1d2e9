"""What an engine is started with: by the machine, by the card, and what of a prompt is read once."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from generation import prompts
from generation.engine import EngineSettings
from generation.tokenizer import Tokenizer
from generation.vllm_offline.parameters import engine_arguments
from tests.generation.known_model import ask
from tests.tiny_model import write_ending_model

LETTERS = (" A", " B")
installed = pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed: run `make vllm`")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of a shape that vLLM runs on a CPU."""
    return write_ending_model(tmp_path_factory.mktemp("models") / "ending")


def test_the_engine_is_started_for_the_machine(folder: Path) -> None:
    settings = EngineSettings(batch_size=99, gpu_memory_utilization=0.5, tensor_parallel_size=2)
    cpu = engine_arguments(folder, settings, 4096, 0, cpu=True)
    gpu = engine_arguments(folder, settings, 4096, 20, cpu=False)
    assert (cpu["dtype"], gpu["dtype"]) == ("float32", "bfloat16")
    assert cpu["max_num_batched_tokens"] == cpu["max_model_len"] == 4096 and not cpu["enable_chunked_prefill"]
    assert (gpu["gpu_memory_utilization"], gpu["tensor_parallel_size"]) == (0.5, 2)
    assert cpu["max_num_seqs"] == 99 and (gpu["max_num_seqs"], gpu["max_lora_rank"]) == (99, 32)
    assert "enable_lora" not in cpu


def test_what_is_not_set_is_left_to_vllm_on_a_gpu_and_small_on_a_cpu(folder: Path) -> None:
    cpu = engine_arguments(folder, EngineSettings(max_num_batched_tokens=99), 4096, 0, cpu=True)
    gpu = engine_arguments(folder, EngineSettings(), 4096, 0, cpu=False)
    assert (cpu["max_num_seqs"], cpu["max_num_batched_tokens"]) == (16, 4096)
    assert gpu["max_num_seqs"] is gpu["max_num_batched_tokens"] is None
    told = engine_arguments(folder, EngineSettings(max_num_batched_tokens=99), 4096, 0, cpu=False)
    assert told["max_num_batched_tokens"] == 99


class FakeCard:
    """A card as vLLM asks its platform about it."""

    def __init__(self, model: str, gibibytes: int) -> None:
        self._model, self._memory = model, gibibytes * 2**30

    def get_device_total_memory(self) -> int:
        """Bytes."""
        return self._memory

    def get_device_name(self) -> str:
        """As the driver has it."""
        return self._model

    def is_tpu(self) -> bool:
        """It is a GPU."""
        return False

    is_cpu = is_tpu


@installed
@pytest.mark.vllm
@pytest.mark.parametrize(
    ("model", "gibibytes", "limits"),
    [
        ("NVIDIA H100 80GB HBM3", 80, (16_384, 1024)),
        ("NVIDIA A100-SXM4-80GB", 80, (8192, 256)),
        ("NVIDIA GeForce RTX 4090", 24, (8192, 256)),
    ],
)
def test_a_batch_is_as_large_as_vllm_takes_it_offline_on_the_card(
    folder: Path, monkeypatch: pytest.MonkeyPatch, model: str, gibibytes: int, limits: tuple[int, int]
) -> None:
    from vllm.engine import arg_utils
    from vllm.usage.usage_lib import UsageContext

    monkeypatch.setattr(arg_utils, "current_platform", FakeCard(model, gibibytes))
    arguments = arg_utils.EngineArgs(**engine_arguments(folder, EngineSettings(), 4096, 0, cpu=False))
    arguments._set_default_max_num_seqs_and_batched_tokens_args(
        UsageContext.LLM_CLASS,
        SimpleNamespace(max_model_len=4096, is_multimodal_model=False),
        SimpleNamespace(use_batched_dp_moe=False),
    )
    assert (arguments.max_num_batched_tokens, arguments.max_num_seqs) == limits


def test_choices_are_looked_up_once_and_prompts_are_rendered_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoTokenizer

    asked: list[object] = []

    def look_up(tokenizer: Tokenizer, choices: Sequence[str]) -> list[int]:
        asked.append(choices)
        return [0, 1]

    monkeypatch.setattr(prompts, "choice_ids", look_up)
    reader = prompts.PromptReader(AutoTokenizer.from_pretrained(folder, local_files_only=True))
    for place in range(5):
        reader.read(ask(f"Which {place}?", choices=LETTERS))
    assert asked == [LETTERS]
