"""transformers in this process: the backend for a CPU and for small models."""

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

from generation.chat import choice_ids, prompt_ids
from generation.engine import EngineSettings
from generation.language_model import LanguageModel
from generation.models.folder import fingerprint
from generation.request import Completion, Message, Request
from generation.tokenizer import Tokenizer


class TransformersBackend:
    """A local model directory, loaded at the first request: float32 on a CPU, bfloat16 on a GPU."""

    name = "transformers"

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        self.folder, self.batch_size = folder, settings.batch_size
        self.fingerprint = fingerprint(folder)
        self._loaded: tuple[LanguageModel, Tokenizer] | None = None

    def _load(self) -> tuple[LanguageModel, Tokenizer]:
        if self._loaded is not None:
            return self._loaded
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        from generation.transformers_local.shared_attention import share_prefixes

        disable_progress_bar()
        gpu = torch.cuda.is_available()
        tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            self.folder,
            dtype=torch.bfloat16 if gpu else torch.float32,
            local_files_only=True,
            use_safetensors=True,
        )
        model.to("cuda" if gpu else "cpu").eval()
        share_prefixes(model)
        self._loaded = model, tokenizer
        return self._loaded

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as they finish: batches of like length, longest first, samples together."""
        model, tokenizer = self._load()
        prompts = _prompts(tokenizer, requests)
        window = model.config.max_position_embeddings
        fitting = []
        for index, (one, ids) in enumerate(zip(requests, prompts, strict=True)):
            wanted = 1 if one.choices else one.params.max_tokens
            if len(ids) + wanted <= window:
                fitting.append(index)
            else:
                yield index, _too_long(len(ids), wanted, window)
        fitting.sort(key=lambda index: (requests[index].choices, -len(prompts[index]), prompts[index], index))
        for batch in _batches(fitting, requests, self.batch_size):
            yield from self._complete_batch(batch, requests, prompts)

    def _complete_batch(
        self, batch: Sequence[int], requests: Sequence[Request], prompts: Sequence[list[int]]
    ) -> Iterator[tuple[int, Completion]]:
        from generation.transformers_local.decoding import decode, score_choices

        model, tokenizer = self._load()
        asked = [requests[index] for index in batch]
        ids = [prompts[index] for index in batch]
        if asked[0].choices:
            choices = choice_ids(tokenizer, asked[0].choices)
            finished: Iterator[tuple[int, Completion]] = enumerate(score_choices(model, ids, choices))
        else:
            finished = decode(model, tokenizer, asked, ids)
        for place, completion in finished:
            yield batch[place], completion

    def close(self) -> None:
        """Free the model, and the GPU's cached memory with it."""
        if self._loaded is None:
            return
        import torch

        self._loaded = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _prompts(tokenizer: Tokenizer, requests: Sequence[Request]) -> list[list[int]]:
    rendered: dict[tuple[Message, ...], list[int]] = {}
    for request in requests:
        if request.messages not in rendered:
            rendered[request.messages] = prompt_ids(tokenizer, request)
    return [rendered[request.messages] for request in requests]


def _batches(order: Sequence[int], requests: Sequence[Request], size: int) -> Iterator[list[int]]:
    """Runs of at most ``size`` indices whose requests have the same choices."""
    batch: list[int] = []
    for index in order:
        if batch and (len(batch) == size or requests[index].choices != requests[batch[0]].choices):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _too_long(prompt: int, wanted: int, window: int) -> Completion:
    reason = f"prompt of {prompt} and {wanted} new tokens exceed the window of {window}"
    return Completion(finish_reason="error", error=reason, num_prompt_tokens=prompt)
