"""What comes through each template of the zoo: by role and field, and by trainer against TRL's own tokens."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.sides.figure import Figure, exactly, repeated
from benchmarks.sides.texts import trl_tokens
from benchmarks.sides.texts.zoo import ZOO, Animal, write_animal
from datasets_registry.errors import BadInput
from datasets_registry.rows.conversation import Tool, ToolCall
from generation.request import Message
from generation.scoring.outcomes import Answered, answer_ids
from generation.templates.opening import open_tokenizer
from generation.templates.pinning import steady_folder
from generation.tokenizer import Tokenizer
from tests.tiny_model import write_tiny_model
from training.data.tokens import (
    Conversation,
    Learnable,
    assistant_labels,
    completion_labels,
    learned,
    turn_by_turn,
)

ADD = Tool(name="adder", description="adds", parameters='{"type": "object"}')
_CALL = ToolCall(id="1", name="adder", arguments='{"terms": "12 7"}')


def _user(text: str) -> Message:
    return Message(role="user", content=text)


def _said(text: str, **fields: object) -> Message:
    return Message.model_validate({"role": "assistant", "content": text, **fields})


_ASKED, _AGAIN, _OTHER = _user("ASKED"), _user("AGAIN"), _said("OTHER")
_CALLED = _said("", tool_calls=[_CALL])
_RESULT = Message(role="tool", content="RESULT", tool_call_id="1", name="adder")


class Case(NamedTuple):
    """A conversation and its answer, and the texts that must be among its tokens."""

    name: str
    asked: Conversation
    answer: Message
    texts: Sequence[str]


CASES = (
    Case(
        "system",
        Conversation((Message(role="system", content="BRIEF"), _ASKED)),
        _said("SAID"),
        ("BRIEF", "ASKED", "SAID"),
    ),
    Case(
        "turns",
        Conversation((_ASKED, _said("FIRST"), _AGAIN)),
        _said("SAID"),
        ("ASKED", "FIRST", "AGAIN", "SAID"),
    ),
    Case("two questions", Conversation((_ASKED, _AGAIN)), _said("SAID"), ("ASKED", "AGAIN", "SAID")),
    Case("outer space", Conversation((_user("  ASKED\n\n"),)), _said(" SAID\n"), ("  ASKED\n\n", " SAID\n")),
    Case("thought", Conversation((_ASKED,)), _said("SAID", reasoning="WHY"), ("ASKED", "WHY", "SAID")),
    Case(
        "earlier thought",
        Conversation((_ASKED, _said("FIRST", reasoning="WHY"), _AGAIN)),
        _said("SAID", reasoning="SO"),
        ("ASKED", "FIRST", "WHY", "AGAIN", "SO", "SAID"),
    ),
    Case(
        "tools",
        Conversation((_ASKED, _CALLED, _RESULT), (ADD,)),
        _said("SAID"),
        ("adder", "adds", "ASKED", "terms", "12 7", "RESULT", "SAID"),
    ),
    Case("tool call", Conversation((_ASKED,), (ADD,)), _CALLED, ("adder", "ASKED", "terms", "12 7")),
)
TRAINERS = ("sft", "sft, all turns", "dpo", "kto", "orpo", "reward model")


@dataclass(frozen=True)
class Fate:
    """What became of a case or a trainer's rows: in a word, and if refused by which sentence.

    ``is_lost``: a text is not among the tokens although nothing was refused.
    """

    word: str
    sentence: str | None = None
    is_lost: bool = False


@dataclass(frozen=True)
class Fates:
    """Of one animal: why it is not opened, or the fates of its cases and trainers by name."""

    animal: Animal
    unopened: str | None
    of: dict[str, Fate]


def fates(work: Path, zoo: Sequence[Animal] = ZOO) -> Iterator[Fates]:
    """Each animal's fates; its folder is below ``work``."""
    model = write_tiny_model(work / "model")
    for number, animal in enumerate(zoo):
        folder = write_animal(animal, model, work / str(number))
        try:
            tokenizer = open_tokenizer(steady_folder(folder, work / "m", system=animal.system).folder)
        except BadInput as refusal:
            yield Fates(animal, _plain(refusal), {})
            continue
        of = {case.name: _case_fate(tokenizer, case) for case in CASES}
        yield Fates(animal, None, of | {name: _trainer_fate(tokenizer, name) for name in TRAINERS})


def _plain(refusal: BadInput) -> str:
    """The refusal without the name of a folder."""
    return re.sub(r"^the (?:chat template of|tokenizer in) \S+ ", "", str(refusal))


def _case_fate(tokenizer: Tokenizer, case: Case) -> Fate:
    try:
        parts = turn_by_turn(tokenizer, Learnable(case.asked, case.answer, all_turns=True))
        texts = [_text(tokenizer, part.conversation, part.answer) for part in parts]
    except BadInput as refusal:
        return Fate("refused", _plain(refusal))
    lost = [text for text in case.texts if not any(text in whole for whole in texts)]
    if not lost:
        return Fate("turn by turn" if len(parts) > 1 else "through")
    bare = all(any(text.strip() in whole for whole in texts) for text in lost)
    return Fate("trimmed") if bare else Fate(f"lost: {', '.join(lost)}", is_lost=True)


def _text(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> str:
    prompt, completion = learned(tokenizer, asked, answer)
    return tokenizer.decode(prompt + completion)


Compare = Callable[[Tokenizer, Conversation, Message], bool]


def _trainer_fate(tokenizer: Tokenizer, trainer: str) -> Fate:
    """Whether the trainer's tokens and masks are TRL's own for every case that is not refused."""
    equal, differ, refusals = list[str](), list[str](), list[str]()
    for case in CASES:
        try:
            same = _COMPARISONS[trainer](tokenizer, case.asked, case.answer)
        except BadInput as refusal:
            refusals.append(_plain(refusal))
            continue
        (equal if same else differ).append(case.name)
    if differ:
        return Fate(f"not TRL's: {', '.join(differ)}", is_lost=True)
    return Fate(f"= TRL, {len(equal)} of {len(CASES)}" if equal else "refused", next(iter(refusals), None))


def _is_sft(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> bool:
    ids, labels = completion_labels(tokenizer, asked, answer)
    trl = trl_tokens.sft_labels(tokenizer, asked, answer, all_turns=False)
    return (trl["input_ids"], trl["labels"]) == (ids, labels)


def _is_sft_of_all(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> bool:
    parts = turn_by_turn(tokenizer, Learnable(asked, answer, all_turns=True))
    if len(parts) > 1:
        return all(_is_sft(tokenizer, part.conversation, part.answer) for part in parts)
    ids, labels = assistant_labels(tokenizer, asked, answer)
    trl = trl_tokens.sft_labels(tokenizer, asked, answer, all_turns=True)
    return (trl["input_ids"], trl["labels"]) == (ids, labels)


def _is_dpo(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> bool:
    chosen, rejected = (learned(tokenizer, asked, side) for side in (answer, _rejected(answer)))
    trl = trl_tokens.dpo_ids(tokenizer, asked, answer, _rejected(answer))
    found = (trl["prompt_ids"], trl["chosen_ids"], trl["rejected_ids"])
    return found == (chosen.prompt, chosen.completion, rejected.completion)


def _is_kto(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> bool:
    ours = learned(tokenizer, asked, answer)
    trl = trl_tokens.kto_ids(tokenizer, asked, answer)
    return (trl["prompt_ids"], trl["completion_ids"]) == ours


def _is_reward(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> bool:
    sides = (answer, _rejected(answer))
    ours = [
        answer_ids(
            tokenizer,
            Answered(asked.messages, side.content, side.reasoning, side.tool_calls, asked.tools),
        )
        for side in sides
    ]
    trl = trl_tokens.reward_ids(tokenizer, asked, *sides)
    return [trl["chosen_ids"], trl["rejected_ids"]] == ours


def _rejected(answer: Message) -> Message:
    """Another answer, with a thought where the answer has one."""
    return _OTHER.model_copy(update={"reasoning": answer.reasoning})


_COMPARISONS: dict[str, Compare] = {
    "sft": _is_sft,
    "sft, all turns": _is_sft_of_all,
    "dpo": _is_dpo,
    "kto": _is_kto,
    # its labels are those of the pair; TRL's own would end a turn twice, and learn the prompt too
    "orpo": _is_dpo,
    "reward model": _is_reward,
}


def zoo_figures(work: Path, zoo: Sequence[Animal] = ZOO) -> Iterator[Figure]:
    """How many texts came through, were trimmed or refused, and that none was lost without a word."""
    found = list(fates(work, zoo))
    every = [fate for animal in found for fate in animal.of.values()]
    of_cases = [animal.of[case.name].word for animal in found if animal.of for case in CASES]
    yield Figure(name="templates and tokenizers", value=len(found), unit="of the zoo")
    for word in ("through", "turn by turn", "trimmed", "refused"):
        yield Figure(name=f"cases {word}", value=of_cases.count(word), unit=f"of {len(of_cases)}")
    equal = sum(fate.word.startswith("= TRL") for fate in every)
    yield Figure(name="trainers whose tokens and masks are TRL's", value=equal, unit="trainers of templates")
    for animal in found:
        words = {name: fate.word for name, fate in animal.of.items()} or {"opened": "refused"}
        said = "; ".join(f"{name}: {word}" for name, word in words.items())
        lost = sum(fate.is_lost for fate in animal.of.values())
        yield exactly(animal.animal.name, lost, 0, f"lost ({said})")
    yield repeated("silent losses", [sum(fate.is_lost for fate in every)], "texts and masks", "== 0")
