"""What is used of a transformers tokenizer."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NotRequired, Protocol, TypedDict

from pydantic import JsonValue


class Encoding(TypedDict):
    """A text as token ids; ``offset_mapping`` is there on request, each token's first and last place."""

    input_ids: list[int]
    offset_mapping: NotRequired[list[tuple[int, int]]]


class AddedToken(Protocol):
    """A token that is not learned from text; ``str`` gives its text."""

    special: bool


class Tokenizer(Protocol):
    """Text to token ids and back, and the model's chat template; transformers' tokenizers have all of it."""

    name_or_path: str
    chat_template: str | Mapping[str, str] | None
    bos_token: str | None
    eos_token: str | None
    pad_token: str | None
    unk_token: str | None
    unk_token_id: int | None
    eos_token_id: int | None
    pad_token_id: int | None

    @property
    def is_fast(self) -> bool:
        """Whether it can say which characters a token covers."""
        ...

    @property
    def added_tokens_decoder(self) -> Mapping[int, AddedToken]:
        """The tokens that are not learned from text, control tokens among them, by id."""
        ...

    def __hash__(self) -> int:
        """Tokenizers are told apart by identity."""
        ...

    def __call__(
        self, text: str, *, add_special_tokens: bool = ..., return_offsets_mapping: bool = ...
    ) -> Encoding:
        """The text as token ids."""
        ...

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool = ...) -> str:
        """The token ids as text."""
        ...

    def batch_decode(
        self, sequences: Sequence[Sequence[int]], *, skip_special_tokens: bool = ...
    ) -> list[str]:
        """Each sequence of token ids as text."""
        ...

    def apply_chat_template(
        self,
        conversation: Sequence[Mapping[str, JsonValue]],
        *,
        tools: Sequence[Mapping[str, JsonValue]] | None = ...,
        tokenize: bool,
        add_generation_prompt: bool = ...,
        strftime_now: Callable[[str], str] = ...,
    ) -> str:
        """The conversation as the model reads it, as text where ``tokenize`` is false.

        A template that asks for the time by ``strftime_now`` gets it from the function given here.
        """
        ...

    def get_vocab(self) -> Mapping[str, int]:
        """Every token with its id."""
        ...

    def save_pretrained(self, save_directory: Path) -> object:
        """Write the tokenizer's files."""
        ...
