"""What is vLLM's own: an engine that dies, is released, and serves adapters; `make vllm` installs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.state import REPOSITORY
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from generation.request import Completion, Request
from generation.vllm_offline.backend import VllmBackend
from tests.generation.known_model import KnownModel, ask, ending
from tests.generation.opened import finished
from tests.tiny_model import write_ending_model

SETTINGS = EngineSettings(batch_size=8, cpu_kv_cache_gb=1)
LETTERS = (" A", " B")
installed = pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed: run `make vllm`")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of a shape that vLLM runs on a CPU."""
    return write_ending_model(tmp_path_factory.mktemp("models") / "ending")


@pytest.fixture(scope="module", autouse=True)
def one_thread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let engines use one thread: a model this tiny is not worth two, which fight on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        # logs of engines are kept in the state
        patch.setenv("TRIMTAB_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="module")
def backend(folder: Path) -> Iterator[VllmBackend]:
    """One backend for the module, since an engine starts in ten seconds and more."""
    backend = VllmBackend(folder, SETTINGS)
    yield backend
    backend.close()


def long_requests(number: int) -> list[Request]:
    """Requests that keep an engine busy for a while."""
    return [ask(f"Tell me story {place}.", max_tokens=160, temperature=0.8) for place in range(number)]


class Murdered:
    """A backend whose engine is killed after so many completions of a run, for each of ``after``."""

    def __init__(self, backend: VllmBackend, after: Sequence[int]) -> None:
        self.backend, self.after = backend, after
        self.name, self.fingerprint = backend.name, backend.fingerprint
        self.killed: list[int] = []

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """The backend's completions."""
        for number, pair in enumerate(self.backend.complete(requests), start=1):
            yield pair
            if number in self.after:
                pid = self.backend.engine.pid
                assert pid is not None
                self.killed.append(pid)
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """Nothing of its own."""


def completer(backend: Murdered | VllmBackend, tmp_path: Path) -> Completer:
    """The backend behind a ledger."""
    return Completer(backend, Ledger(tmp_path / "ledger"), asset="test", report=lambda line: None)


def is_running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    return False


def is_gone(pid: int, patience: float = 15.0) -> bool:
    """Whether the process ends in time."""
    deadline = time.monotonic() + patience
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_running(pid)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vllm is installed")
def test_without_vllm_the_error_says_how_to_install_it(folder: Path) -> None:
    with pytest.raises(BadInput, match="run `make vllm`"):
        finished(VllmBackend(folder, SETTINGS), [ask("hello")])


def test_a_folder_without_an_adapter_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no adapter_config\.json"):
        VllmBackend(folder, SETTINGS).adapted(tmp_path)


def test_an_adapter_of_another_base_is_refused_by_both_names(folder: Path, tmp_path: Path) -> None:
    adapter, backend = tmp_path / "adapter", VllmBackend(folder, SETTINGS)
    name_base(adapter, "another")
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    with pytest.raises(BadInput, match=f"belongs to the base 'another', and .* is '{backend.fingerprint}'"):
        backend.adapted(adapter)
    name_base(adapter, backend.fingerprint)
    served = backend.adapted(adapter)
    with pytest.raises(BadInput, match="belongs to the base"):
        name_base(adapter, served.fingerprint)
        served.adapted(adapter)
    assert served.engine is backend.engine and backend.engine.pid is None


@installed
@pytest.mark.vllm
def test_samples_of_one_prompt_share_its_tokens(backend: VllmBackend) -> None:
    requests = [ask("Tell me a story. " * 8, sample=number, max_tokens=2) for number in range(6)]
    cached = [completion.num_cached_tokens for completion in finished(backend, requests)]
    assert cached.count(0) == 1 and sorted(cached)[1] >= 64


@installed
@pytest.mark.vllm
def test_a_choice_of_several_tokens_is_refused_with_the_remedy(backend: VllmBackend) -> None:
    with pytest.raises(BadInput, match="take choices of one token"):
        finished(backend, [ask("Which?", choices=("the first one", "the second one"))])
    assert finished(backend, [ask("Which?", choices=LETTERS)])[0].error is None


@installed
@pytest.mark.vllm
def test_an_engine_killed_once_is_started_again_and_the_run_completes(
    backend: VllmBackend, tmp_path: Path
) -> None:
    murdered = Murdered(backend, after=[3])
    requests = long_requests(24)
    completions = completer(murdered, tmp_path)("killed once", requests)
    assert [completion.finish_reason for completion in completions] == ["length"] * 24
    assert len(murdered.killed) == 1 and backend.engine.pid not in murdered.killed
    undisturbed = finished(backend, requests)
    assert [completion.text for completion in undisturbed] == [completion.text for completion in completions]


@installed
@pytest.mark.vllm
def test_an_engine_killed_twice_fails_the_run_and_what_was_finished_is_kept(
    backend: VllmBackend, tmp_path: Path
) -> None:
    murdered = Murdered(backend, after=[3, 12])
    requests = long_requests(24)
    with pytest.raises(
        ModelFailed, match=r"died twice in one run: its process was killed by signal 9.*saved"
    ):
        completer(murdered, tmp_path)("killed twice", requests)
    assert len(murdered.killed) == 2 and all(is_gone(pid) for pid in murdered.killed)
    again = completer(backend, tmp_path)
    assert len(again("again", requests)) == 24
    assert again.num_found >= 12 and again.num_found + again.num_generated == 24


@installed
@pytest.mark.vllm
def test_no_engine_is_left_after_an_exception_and_after_close(backend: VllmBackend) -> None:
    with pytest.raises(ZeroDivisionError):
        for number, _ in enumerate(backend.complete(long_requests(24))):
            pid = backend.engine.pid
            raise ZeroDivisionError(number)
    assert pid is not None and is_gone(pid)
    finished(backend, [ask("hello")])
    pid = backend.engine.pid
    backend.close()
    assert pid is not None and not is_running(pid) and backend.engine.pid is None


LONELY = """
import sys
from pathlib import Path
from generation.engine import EngineSettings
from generation.tokenizer import Tokenizer
from generation.vllm_offline.backend import VllmBackend
from tests.generation.vllm_offline.test_backend import SETTINGS, long_requests
backend = VllmBackend(Path(sys.argv[1]), SETTINGS)
for _ in backend.complete(long_requests(1000)):
    print(backend.engine.pid, flush=True)
"""


@installed
@pytest.mark.vllm
def test_no_engine_is_left_when_its_parent_is_killed(folder: Path) -> None:
    command = [sys.executable, "-c", LONELY, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as parent:
        assert parent.stdout is not None
        engine = int(parent.stdout.readline())
        assert is_running(engine)
        parent.kill()
    assert is_gone(engine)


@installed
@pytest.mark.vllm
def test_an_engine_that_cannot_load_says_why(folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFailed, match=r"vLLM did not start on .*broken.*: .*SafetensorError"):
        finished(VllmBackend(broken, SETTINGS), [ask("hello")])


def name_base(adapter: Path, base: str) -> None:
    """Let the adapter name that base."""
    adapter.mkdir(exist_ok=True)
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text()) if path.exists() else {"r": 4}
    path.write_text(json.dumps(config | {"base_model_name_or_path": base}))


def write_adapter(base: Path, folder: Path, merged: Path, seed: int) -> None:
    """A random LoRA adapter, as a training run keeps it, and the model that it makes."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    lora = LoraConfig(r=4, lora_alpha=16, target_modules="all-linear", init_lora_weights=False)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), lora)
    model.save_pretrained(folder)
    name_base(folder, fingerprint(base))
    model.merge_and_unload().save_pretrained(merged)
    AutoTokenizer.from_pretrained(base).save_pretrained(merged)


@installed
@pytest.mark.vllm
def test_each_version_of_an_adapter_is_served_as_itself(
    backend: VllmBackend, folder: Path, tmp_path: Path
) -> None:
    adapter, texts, fingerprints = tmp_path / "adapter", [], {backend.fingerprint}
    request, choice = ask("Tell me a story.", temperature=0), ask("Which?", choices=LETTERS)
    given = ask("Which?", continuation="The second.")
    for seed in (1, 2):
        merged = tmp_path / f"merged{seed}"
        write_adapter(folder, adapter, merged, seed)
        adapted = backend.adapted(adapter)
        spoken, chosen, scored = finished(adapted, [request, choice, given])
        known = KnownModel(merged, (), "", (), ())
        wanted = known.next_token(choice)
        assert chosen.choice_probabilities == pytest.approx([wanted[letter] for letter in LETTERS], abs=1e-4)
        assert spoken.text == known.greedy(request)
        assert scored.continuation_logprob == pytest.approx(known.likelihood(given).logprob, abs=1e-3)
        texts.append(spoken.text)
        fingerprints.add(adapted.fingerprint)
    texts.append(finished(backend, [request])[0].text)
    assert texts[-1] == ending(folder).greedy(request)
    assert len(set(texts)) == len(fingerprints) == 3
