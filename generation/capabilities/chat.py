"""The probes of a server: one short call for each capability, believed only for what the answer shows."""

import json
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from generation.capabilities.capability import Capability, Name, seen
from generation.capabilities.server import MOST_TOKENS, Answer, Lost, Refused, Server
from generation.engine import EngineSettings
from generation.openai_server.limit import NEW, OLD
from generation.openai_server.protocol import TOP_LOGPROBS, Fields

MOST_CALLS = 13
COUNT = "Count from 1 to 60, separated by spaces."
WORDS = "Write eight random words, separated by spaces."
REPEAT = "Repeat these words: river stone cloud amber window"
LETTER = "Answer with one letter, A or B."
NINE, FOUR = "Write the numbers from 1 to 9, separated by spaces.", "1 2 3 4"
COLOUR = "Name a colour."
SUM = "How much is 2 and 3? Use the tool."
_ODD_COLOUR = "octarine"
# a reply of the tokens that were asked for, and the end of its turn
_SLACK = 2
_SCHEMA: Fields = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"colour": {"type": "string", "enum": [_ODD_COLOUR]}},
            "required": ["colour"],
            "additionalProperties": False,
        },
    },
}
_TOOL: Fields = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "required": ["a", "b"],
        },
    },
}
_NO_TEXT = f"no text came within {MOST_TOKENS} tokens"


def probe_server(
    open_server: Callable[[EngineSettings], Server], settings: EngineSettings
) -> tuple[dict[Name, Capability], int, int]:
    """The capabilities of the server that ``settings`` name, the calls made, and their tokens."""
    with open_server(settings) as server:
        return ChatProbe(server).capabilities(), server.num_calls, server.num_tokens


class ChatProbe:
    """Asks one server; what it refuses is left out of the calls that follow."""

    def __init__(self, server: Server) -> None:
        self._server, self._limit = server, OLD
        self._left_out: set[str] = set()

    def capabilities(self) -> dict[Name, Capability]:
        """Every capability, in at most ``MOST_CALLS`` calls of at most ``MOST_TOKENS`` tokens."""
        limit = self._limited()
        sampling = self._sampling()
        return {
            "max_tokens": limit,
            **sampling,
            "stop": self._stopped(),
            "logprobs": self._scored(),
            "continuation": self._continued(),
            "schema": self._kept_schema(),
            "tools": self._called(),
            "thought": self._thought(),
            "batch": self._batch(),
        }

    def _ask(self, *turns: str, **fields: JsonValue) -> Answer | Refused | Lost:
        """The answer to a turn of the user, and one of the assistant that is unfinished."""
        roles = zip(("user", "assistant"), turns, strict=False)
        messages: list[Mapping[str, str]] = [{"role": role, "content": text} for role, text in roles]
        sent: Fields = {self._limit: MOST_TOKENS}
        sent |= {name: value for name, value in fields.items() if name not in self._left_out}
        return self._server.ask(messages, sent)

    def _limited(self) -> Capability:
        old = self._ask(COUNT)
        verdict = _limit_verdict(old)
        if verdict.verdict == "served" or isinstance(old, Lost):
            return verdict
        if isinstance(old, Refused) and NEW not in old.words:
            return verdict
        self._limit = NEW
        new = _limit_verdict(self._ask(COUNT))
        if new.verdict == "served":
            return seen("served", f"as {NEW}; {OLD}: {verdict.seen}")
        self._limit = OLD
        return verdict

    def _sampling(self) -> dict[Name, Capability]:
        """Temperature, seed, n and top_p, by texts that they make alike or not."""
        greedy = [self._sampled("temperature", temperature=0) for _ in range(2)]
        seeded = [self._sampled("seed", temperature=1, seed=7) for _ in range(2)]
        several = self._sampled("n", temperature=1, n=2)
        narrow = self._sampled("top_p", temperature=1, top_p=0.01)
        drawn = {text for answer in (*seeded, several) for text in _texts(answer)}
        return {
            "temperature": _alike(greedy, drawn, "temperature 0"),
            "seed": _alike(seeded, set(_texts(several)), "the same seed"),
            "n": _number_verdict(several),
            "top_p": _narrow_verdict(narrow, greedy, drawn),
        }

    def _sampled(self, probed: str, **fields: JsonValue) -> Answer | Refused | Lost:
        answer = self._ask(WORDS, **fields)
        if isinstance(answer, Refused):
            # where it is another field that is refused, the next call shows it
            self._left_out.add(probed)
        return answer

    def _stopped(self) -> Capability:
        answer = self._ask(REPEAT, temperature=0, stop=["cloud"])
        if not isinstance(answer, Answer):
            return _unanswered(answer)
        if "cloud" in answer.text:
            return seen("ignored", f"the text goes on behind the stop string: {answer.text!r}")
        if "stone" in answer.text:
            return seen("served", f"the text ends before the stop string: {answer.text!r}")
        return seen("unknown", f"the stop string was not reached: {answer.text!r}")

    def _scored(self) -> Capability:
        answer = self._ask(LETTER, logprobs=True, top_logprobs=TOP_LOGPROBS)
        if not isinstance(answer, Answer):
            return _unanswered(answer)
        given = answer.choices[0].logprobs if answer.choices else None
        first = given.content[0] if given and given.content else None
        top = (
            [token.logprob for token in first.top_logprobs or () if token.logprob is not None]
            if first
            else []
        )
        if not top:
            return seen("ignored", f"{answer.text!r} came without log-probabilities")
        return seen("served", f"log-probabilities of {len(top)} tokens for the first")

    def _continued(self) -> Capability:
        more: Fields = {}
        if self._server.vllm:
            more = {"add_generation_prompt": False, "continue_final_message": True}
        answer = self._ask(NINE, FOUR, temperature=0, **more)
        if not isinstance(answer, Answer):
            return _unanswered(answer)
        text = answer.text.strip()
        if text.startswith("5"):
            return seen("served", f"behind {FOUR!r} came {text!r}")
        if text.startswith("1"):
            return seen("ignored", f"the turn began anew: {text!r}")
        return seen("unknown", f"behind {FOUR!r} came {text!r}")

    def _kept_schema(self) -> Capability:
        answer = self._ask(COLOUR, response_format=_SCHEMA)
        if not isinstance(answer, Answer):
            return _unanswered(answer)
        if not answer.text:
            return seen("unknown", _NO_TEXT)
        try:
            kept = json.loads(answer.text) == {"colour": _ODD_COLOUR}
        except ValueError:
            kept = False
            if answer.ended == "length" and answer.text.lstrip().startswith("{"):
                return seen("unknown", f"the object was cut: {answer.text!r}")
        return seen("served" if kept else "ignored", f"the answer is {answer.text!r}")

    def _called(self) -> Capability:
        answer = self._ask(SUM, tools=[_TOOL], tool_choice="required")
        if not isinstance(answer, Answer):
            return _unanswered(answer)
        if answer.choices and answer.choices[0].message.tool_calls:
            return seen("served", "a call came in a field of its own")
        if answer.ended == "length":
            return seen("unknown", f"no call came within {MOST_TOKENS} tokens: {answer.text!r}")
        return seen("ignored", f"no call came, although one was required: {answer.text!r}")

    def _thought(self) -> Capability:
        """Read off all answers so far; a thought needs no question of its own."""
        shown = [answer for answer in self._server.answers if answer.choices]
        if any(answer.choices[0].message.thought for answer in shown):
            return seen("served", "a thought came in a field of its own")
        if any("<think>" in answer.text for answer in shown):
            return seen("served", "a thought came in the text, behind <think>")
        if hidden := sum(answer.num_hidden for answer in shown):
            return seen("refused", f"{hidden} tokens of thought were counted, and none was shown")
        return seen("unknown", "no answer had a thought")

    def _batch(self) -> Capability:
        listed = self._server.batches()
        if isinstance(listed, Refused | Lost):
            return _unanswered(listed)
        if listed:
            return seen("served", "the server lists batches")
        return seen("ignored", "what came is no list of batches")


def _unanswered(answer: Refused | Lost) -> Capability:
    if isinstance(answer, Refused):
        return seen("refused", answer.words)
    return seen("unknown", answer.reason)


def _limit_verdict(answer: Answer | Refused | Lost) -> Capability:
    if not isinstance(answer, Answer):
        return _unanswered(answer)
    if answer.num_tokens > MOST_TOKENS + _SLACK:
        return seen("ignored", f"{answer.num_tokens} tokens came where {MOST_TOKENS} were asked for")
    if answer.ended == "length":
        return seen("served", f"the answer was cut at {answer.num_tokens} tokens")
    return seen("unknown", f"the answer ended by itself: {answer.text!r}")


def _texts(answer: Answer | Refused | Lost) -> list[str]:
    return [text for text in answer.texts if text] if isinstance(answer, Answer) else []


def _alike(twice: list[Answer | Refused | Lost], others: set[str], what: str) -> Capability:
    """Whether two calls made one text, where other calls made others."""
    missing = next((answer for answer in twice if not isinstance(answer, Answer)), None)
    if missing is not None:
        return _unanswered(missing)
    texts = [_shown(answer) for answer in twice]
    if not all(texts):
        return seen("unknown", _NO_TEXT)
    if texts[0] != texts[1]:
        return seen("ignored", f"two calls with {what} gave {texts[0]!r} and {texts[1]!r}")
    if others <= set(texts):
        return seen("unknown", f"calls with {what} and without it all gave {texts[0]!r}")
    return seen("served", f"two calls with {what} gave one text, and others gave others")


def _shown(answer: Answer | Refused | Lost) -> str:
    return answer.text if isinstance(answer, Answer) else ""


def _number_verdict(answer: Answer | Refused | Lost) -> Capability:
    if not isinstance(answer, Answer):
        return _unanswered(answer)
    number = len(answer.choices)
    return seen("served" if number == 2 else "ignored", f"{number} of 2 choices came")


def _narrow_verdict(
    narrow: Answer | Refused | Lost, greedy: list[Answer | Refused | Lost], drawn: set[str]
) -> Capability:
    """Whether a text from the most probable tokens alone is that of temperature 0."""
    if not isinstance(narrow, Answer):
        return _unanswered(narrow)
    texts = {_shown(answer) for answer in greedy}
    if len(texts) != 1 or "" in texts:
        return seen("unknown", "temperature 0 made no text to compare with")
    if narrow.text not in texts:
        return seen("ignored", f"at 0.01 came {narrow.text!r}, which is not the text of temperature 0")
    if drawn <= texts:
        return seen("unknown", "every call gave the same text")
    return seen("served", "at 0.01 came the text of temperature 0, and others gave others")
