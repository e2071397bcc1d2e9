"""A hosted judge that refuses an unfinished turn and probabilities."""

import re
from dataclasses import dataclass

from tests.generation.anthropic_api.serving import message
from tests.generation.misbehaving_server import Answer, Call, refused, spoken


@dataclass
class StrictServer:
    """A server that refuses an unfinished turn, speaks words alone, and states which model it is."""

    model: str = "judge-1-2026-01-01"

    def __call__(self, call: Call) -> Answer:
        """The answer to a call: the longer response, or a score of 7."""
        messages = call.body["messages"]
        if messages[-1]["role"] == "assistant":
            return refused(400, "the last message must be the user's")
        if call.body.get("logprobs"):
            return refused(400, "logprobs is not supported with this model")
        words = self._words(messages[-1]["content"])
        if call.path != "/v1/messages":
            return Answer({**spoken(words), "model": self.model})
        if call.body.keys() & {"temperature", "top_p"}:
            return refused(400, "`temperature` is deprecated for this model.")
        return Answer(message({"type": "text", "text": words}, model=self.model))

    def _words(self, text: str) -> str:
        if '"Verdict: "' not in text:
            return "Refusal: A" if '"Refusal: "' in text else "Score: 7"
        first, second = re.findall(r"Response [AB]:\n((?:> .*\n)+)", text)
        return f"I compared them.\nVerdict: {'A' if len(first) > len(second) else 'B'}"
