"""transformers in this process: the backend for a CPU and for small models."""

import gc
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from generation.cards.turns import Tenant
from generation.cards.visible import visible_cards
from generation.engine import BATCH_SIZE, EngineSettings
from generation.language_model import LanguageModel
from generation.models.folder import fingerprint
from generation.prompts import FolderPrompts, Prompt, PromptReader
from generation.request import Completion, Request
from generation.tokenizer import Tokenizer

# of a card: several small models of this process fit on one, but no engine beside them that takes most of it
SHARE = 0.2


class TransformersBackend:
    """A local model directory, loaded at the first request: float32 on a CPU, bfloat16 on a GPU.

    ``base`` is the directory of the model that it is stored as an adapter over, where it is.
    """

    name = "transformers"

    def __init__(self, folder: Path, settings: EngineSettings, base: Path | None = None) -> None:
        self.folder, self.base, self.batch_size = folder, base, settings.batch_size or BATCH_SIZE
        self.fingerprint = fingerprint(folder)
        self.prompts = FolderPrompts(folder)
        self._loaded: tuple[LanguageModel, Tokenizer] | None = None
        self._tenant = Tenant(f"transformers on {folder.name}", visible_cards()[:1], SHARE, self._free)

    def _load(self) -> tuple[LanguageModel, Tokenizer]:
        if self._loaded is not None:
            return self._loaded
        import torch

        from generation.models.loading import load
        from generation.transformers_local.shared_attention import share_prefixes

        gpu = torch.cuda.is_available()
        tokenizer = self.prompts.tokenizer
        dtype = torch.bfloat16 if gpu else torch.float32
        model = load("AutoModelForCausalLM", self.folder, self.base, dtype)
        model.to("cuda" if gpu else "cpu").eval()
        share_prefixes(model)
        self._loaded = model, tokenizer
        return self._loaded

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as they finish: batches of like length, longest first, samples together."""
        with self._tenant.at_work():
            yield from self._completed(requests)

    def _completed(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        model, tokenizer = self._load()
        reader, window = PromptReader(tokenizer), model.config.max_position_embeddings
        fitting: list[tuple[int, Prompt]] = []
        for index, request in enumerate(requests):
            prompt = reader.read(request)
            failure = prompt if isinstance(prompt, Completion) else _unserved(prompt) or prompt.misfit(window)
            if failure is not None:
                yield index, failure
            elif isinstance(prompt, Prompt):
                fitting.append((index, prompt))
        fitting.sort(key=lambda item: (*_kind(item[1]), -len(item[1].ids), item[1].ids, item[0]))
        for batch in _batches(fitting, self.batch_size):
            for index, completion in _complete_batch(model, tokenizer, [prompt for _, prompt in batch]):
                place, prompt = batch[index]
                yield place, prompt.answered(completion)

    def prompt_digests(self, requests: Sequence[Request]) -> list[str | None]:
        """The hash of each request's tokens; the tokenizer alone is loaded for them."""
        return self.prompts.digests(requests)

    def close(self) -> None:
        """Free the model, and the GPU's cached memory with it."""
        self._tenant.end()

    def _free(self) -> None:
        if self._loaded is None:
            return
        import torch

        self._loaded = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _unserved(prompt: Prompt) -> Completion | None:
    """The failed completion of a request for what only other backends have."""
    if prompt.request.answer_schema is None:
        return None
    reason = (
        "the transformers backend holds no answer to a JSON schema: use the backend vllm or openai, or ask "
        "for a text"
    )
    return Completion(finish_reason="error", error=reason)


def _kind(prompt: Prompt) -> tuple[tuple[str, ...], bool]:
    """Prompts of one kind may be in one batch."""
    return prompt.request.choices, bool(prompt.continuation)


def _batches(order: Sequence[tuple[int, Prompt]], size: int) -> Iterator[list[tuple[int, Prompt]]]:
    """Runs of at most ``size`` prompts of one kind."""
    for _, alike in groupby(order, key=lambda item: _kind(item[1])):
        prompts = list(alike)
        for start in range(0, len(prompts), size):
            yield prompts[start : start + size]


def _complete_batch(
    model: LanguageModel, tokenizer: Tokenizer, prompts: Sequence[Prompt]
) -> Iterator[tuple[int, Completion]]:
    """Yield (index among ``prompts``, completion); all are of one kind."""
    from generation.transformers_local.decoding import decode, score_choices
    from generation.transformers_local.likelihood import score_continuations

    ids = [prompt.ids for prompt in prompts]
    if prompts[0].choices:
        return enumerate(score_choices(model, ids, prompts[0].choices))
    if prompts[0].continuation:
        return score_continuations(model, prompts)
    return decode(model, tokenizer, [prompt.request for prompt in prompts], ids)
