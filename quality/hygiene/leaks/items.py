"""The texts by which an item of evaluation is known again, without what many items say."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.hygiene import ItemPart
from methods.evaluation.canary_string import CANARY

# a shorter text says too little to be known by itself, such as "Are you sure?" or a choice of one word
MIN_WORDS = 8
# nor a sentence amid others, such as "How many apples does she have left?"
MIN_SENTENCE_WORDS = 12
# a question from here on is known where its answer is in the same row
MIN_QUESTION_WORDS = 4
EVERY = "every"
_SENTENCE = re.compile(r"(?<=[.!?…。！？।])\s*|\n+")
# a word that a look-alike has another of: a number, or a name amid a sentence
_NUMBER = re.compile(r"\w*\d\w*")
_NAME = re.compile(r"(?<=[\w,;:] )[^\W\d_a-zß-ÿ]\w+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]")
_UUID = re.search(r"\w{8}(-\w{4}){3}-\w{12}", CANARY)


@dataclass(frozen=True)
class Known:
    """A text of an item, with the words that it cannot lack and the answers of a short question."""

    suite: str
    item_id: str
    variant: str
    cluster: str
    part: ItemPart
    text: str
    answers: tuple[str, ...] = ()

    @property
    def needed(self) -> frozenset[str]:
        """Numbers and names in lower case: a text without one of them is another one."""
        names = (name.lower() for name in _NAME.findall(self.text))
        return frozenset([*map(str.lower, _NUMBER.findall(self.text)), *names])


def known_texts(items: Iterable[EvaluationItem]) -> list[Known]:
    """Every text of the items, whole and by sentences, each once; and the canary string."""
    assert _UUID is not None
    known: dict[tuple[str, str, str], Known] = {}
    for item in items:
        for text in _texts(item) if item.failure is None else ():
            # the same words in another item are told apart by their cluster
            known.setdefault((text.suite, text.item_id, text.text), text)
    return [Known(EVERY, "canary", "plain", "canary", "canary", _UUID[0]), *known.values()]


def _texts(item: EvaluationItem) -> Iterator[Known]:
    answers = tuple(dict.fromkeys([*item.gold, *item.choices]))
    for message in item.messages:
        yield from _parts(item, "prompt", message.content, answers)
    parts: Sequence[tuple[ItemPart, Sequence[str]]] = (
        ("follow_up", item.follow_ups),
        ("choice", item.choices),
        ("gold", item.gold),
        ("reference", [item.reference] if item.reference else []),
    )
    for part, texts in parts:
        for text in texts:
            yield from _parts(item, part, text)


def _parts(item: EvaluationItem, part: ItemPart, text: str, answers: tuple[str, ...] = ()) -> Iterator[Known]:
    """The text, and the sentences by which it is known too."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(text)]
    telling = [sentence for sentence in sentences if _tells(sentence, item)]
    for piece in dict.fromkeys([text.strip(), *telling]):
        asked = answers if piece == text.strip() or item.choices else ()
        yield Known(item.suite, item.item_id, item.variant, item.cluster, part, piece, asked)


def _tells(sentence: str, item: EvaluationItem) -> bool:
    """Whether it is long enough, or the question amid the choices and what is said of them."""
    is_question = bool(item.choices) and sentence.endswith(("?", "？", "؟"))
    return is_question or len(sentence.split()) + len(_UNSPACED.findall(sentence)) >= MIN_SENTENCE_WORDS
