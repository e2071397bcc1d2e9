"""From what a script says to a reply: cut where it has to be, and counted."""

from dataclasses import dataclass
from typing import Literal

from generation.loopback.script import Asked, Said, Script, fitted, tokens


@dataclass(frozen=True)
class Reply:
    """A finished reply and its counts, in tokens; ``stop`` is the stop string that ended it, if one did."""

    said: Said
    text: str
    ended: Literal["stop", "length"]
    stop: str | None
    num_prompt_tokens: int
    num_tokens: int
    num_thought_tokens: int


def say(script: Script, asked: Asked) -> Said:
    """What the script says to what was asked."""
    said = script(asked)
    return Said(said) if isinstance(said, str) else said


def reply(said: Said, asked: Asked, hidden_tokens: int = 0) -> Reply:
    """What was said, as a server finishes it; thought comes before the text."""
    thought = max(hidden_tokens, len(tokens(said.thought)))
    text, stop = _stopped(said.text, asked.stop)
    if asked.schema is not None and not said.refuses:
        text = fitted(text, asked.schema)
    words = tokens(text)
    room = len(words) + 1 if asked.max_tokens is None else max(0, asked.max_tokens - thought)
    ended = said.ended or ("stop" if len(words) < room or stop else "length")
    kept = "".join(words[:room]) if said.ended is None else text
    # the token that ends a turn is sampled too
    num_tokens = min(len(words) + 1, room) if said.num_tokens is None else said.num_tokens
    shown = min(thought, asked.max_tokens) if asked.max_tokens is not None else thought
    prompt = sum(len(tokens(turn.content)) + 1 for turn in asked.turns)
    num_prompt = prompt if said.num_prompt_tokens is None else said.num_prompt_tokens
    return Reply(said, kept, ended, stop, num_prompt, num_tokens + shown, shown)


def _stopped(text: str, stops: tuple[str, ...]) -> tuple[str, str | None]:
    places = [(text.index(stop), stop) for stop in stops if stop and stop in text]
    if not places:
        return text, None
    place, stop = min(places)
    return text[:place], stop
