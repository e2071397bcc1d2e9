"""The ways to complete the same requests: python -m benchmarks.sides.generation.loops SIDE FOLDER WORK."""

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from generation.backends import open_backend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.request import Message, Request, SamplingParams

Run = Callable[[Sequence[Request]], int]

SYSTEM = "You are a careful writer. " + " ".join(f"Rule {place}: be kind and clear." for place in range(12))


class Work(BaseModel, frozen=True):
    """How much is generated: the tutorial loop, which is slow, takes fewer prompts."""

    prompts: int
    samples: int
    tokens: int
    tutorial_prompts: int

    def requests(self, seed: int) -> list[Request]:
        """Stories about different numbers, behind a long system prompt that all share."""
        return [
            Request(
                messages=(
                    Message(role="system", content=SYSTEM),
                    Message(role="user", content=f"Write a long story about {place + 11} ships."),
                ),
                params=SamplingParams(max_tokens=self.tokens),
                seed=seed,
                sample=sample,
            )
            for place in range(self.prompts)
            for sample in range(self.samples)
        ]


def tutorial(folder: Path, work: Work) -> Run:
    """One prompt and one sample at a time through ``model.generate``, as most tutorials print it."""
    import torch

    tokenizer, model = _loaded(folder)

    def run(requests: Sequence[Request]) -> int:
        firsts = [request for request in requests if request.sample == 0][: work.tutorial_prompts]
        torch.manual_seed(firsts[0].seed)
        number = 0
        for request in firsts:
            inputs = _tokenized(tokenizer, [request])
            outputs = model.generate(
                **inputs, do_sample=True, top_k=0, max_new_tokens=request.params.max_tokens
            )
            ids = outputs[0, inputs["input_ids"].shape[1] :]
            tokenizer.decode(ids, skip_special_tokens=True)
            number += len(ids)
        return number

    return run


def by_hand(folder: Path, work: Work) -> Run:
    """A batched loop by hand: left padding, all samples of a prompt in one ``generate``, inference mode."""
    import torch

    tokenizer, model = _loaded(folder)

    def run(requests: Sequence[Request]) -> int:
        torch.manual_seed(requests[0].seed)
        firsts = [request for request in requests if request.sample == 0]
        inputs = _tokenized(tokenizer, firsts)
        with torch.inference_mode():
            outputs = model.generate(
                **inputs,
                do_sample=True,
                top_k=0,
                max_new_tokens=requests[0].params.max_tokens,
                num_return_sequences=len(requests) // len(firsts),
            )
        ids = outputs[:, inputs["input_ids"].shape[1] :]
        tokenizer.batch_decode(ids, skip_special_tokens=True)
        ends = (ids == tokenizer.eos_token_id).long()
        # the first end counts, what pads after it does not
        return int((ends.cumsum(-1) - ends == 0).sum())

    return run


def _loaded(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    gpu = torch.cuda.is_available()
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16 if gpu else torch.float32, trust_remote_code=False
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", trust_remote_code=False)
    return tokenizer, model.to("cuda" if gpu else "cpu").eval()


def _tokenized(tokenizer: Any, requests: Sequence[Request]) -> Any:
    return tokenizer.apply_chat_template(
        [[message.model_dump() for message in request.messages] for request in requests],
        add_generation_prompt=True,
        padding=True,
        return_tensors="pt",
        return_dict=True,
    ).to("cuda" if importlib.import_module("torch").cuda.is_available() else "cpu")


def through_ledger(name: str) -> Callable[[Path, Work], Run]:
    """A backend of ours and a cold ledger."""

    def opened(folder: Path, work: Work) -> Run:
        settings = EngineSettings.model_validate(
            {"batch_size": work.prompts * work.samples} | ({"max_model_len": 1024} if name == "vllm" else {})
        )
        backend = open_backend(name, folder, settings)

        def run(requests: Sequence[Request]) -> int:
            with tempfile.TemporaryDirectory() as cold:
                complete = Completer(backend, Ledger(Path(cold)), asset="benchmark", report=_ignore)
                done = complete("stories", requests)
            assert all(completion.error is None for completion in done)
            return sum(completion.num_completion_tokens for completion in done)

        return run

    return opened


def straight_to_vllm(folder: Path, work: Work) -> Run:
    """The same requests in one call of ``vllm.LLM.chat``, with the settings that suit the machine."""
    import torch

    vllm = importlib.import_module("vllm")
    cpu = {
        "dtype": "float32",
        "enforce_eager": True,
        "block_size": 32,
        "enable_chunked_prefill": False,
        "max_num_batched_tokens": 1024,
    }
    llm = vllm.LLM(
        str(folder),
        max_model_len=1024,
        max_num_seqs=work.prompts * work.samples,
        enable_prefix_caching=True,
        **({} if torch.cuda.is_available() else cpu),
        trust_remote_code=False,
    )

    def run(requests: Sequence[Request]) -> int:
        outputs = llm.chat(
            [[message.model_dump() for message in request.messages] for request in requests],
            [
                vllm.SamplingParams(
                    max_tokens=request.params.max_tokens, seed=request.seed * 1000 + request.sample
                )
                for request in requests
            ],
            use_tqdm=False,
        )
        return sum(len(output.outputs[0].token_ids) for output in outputs)

    return run


def _ignore(line: str) -> None:
    """A benchmark's progress is its own."""


SIDES: dict[str, Callable[[Path, Work], Run]] = {
    "tutorial loop": tutorial,
    "loop by hand": by_hand,
    "transformers": through_ledger("transformers"),
    "straight to vLLM": straight_to_vllm,
    "vllm": through_ledger("vllm"),
}


def main() -> None:
    """Warm up, say so, then complete the work once for each seed that is read."""
    name, folder, text = sys.argv[1:]
    # what libraries print must not mix with the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    work = Work.model_validate_json(text)
    run = SIDES[name](Path(folder), work)
    run(work.model_copy(update={"tokens": 2}).requests(seed=0))
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(run(work.requests(seed=int(line)))), file=answers, flush=True)


if __name__ == "__main__":
    main()
