"""Whether a chat template brings what users and assistants say through: once, and in order."""

from collections.abc import Sequence

from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import Role
from generation.tokenizer import Tokenizer
from generation.words import TEMPLATE_ERRORS

# texts that no template writes by itself
_SPEAKERS: Sequence[Role] = ("user", "assistant", "user")
_TEXTS = tuple(f"TRIMTAB TEXT {word}" for word in ("ONE", "TWO", "THREE"))


def require_texts(tokenizer: Tokenizer) -> None:
    """Raise BadInput where the template leaves out, repeats or reorders what users and assistants say.

    A conversation that it refuses is left to its rows, and so is a system turn, which not all models have.
    """
    for number in range(1, len(_TEXTS) + 1):
        if fault := _fault(tokenizer, number):
            raise BadInput(
                f"the chat template of {tokenizer.name_or_path!r} {fault}, so that the model would be asked "
                "something else than what is stored: give the model a template that writes each text once"
            )


def _fault(tokenizer: Tokenizer, number: int) -> str | None:
    """What the template does wrong with a conversation of so many turns, in words."""
    turns = [{"role": role, "content": text} for role, text in zip(_SPEAKERS, _TEXTS[:number], strict=False)]
    try:
        rendered = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=False)
    except TEMPLATE_ERRORS:
        return None
    for index, turn in enumerate(turns, start=1):
        times = rendered.count(turn["content"])
        if times != 1:
            what = "leaves out" if times == 0 else f"writes {times} times"
            return f"{what} what the {turn['role']} says in message {index} of {number}"
    places = [rendered.index(turn["content"]) for turn in turns]
    return None if places == sorted(places) else f"writes {number} messages in another order"
