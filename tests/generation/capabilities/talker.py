"""A model as the probes' questions need one: it counts, repeats, goes on and draws words, as it is asked."""

from generation.capabilities.chat import COLOUR, COUNT, LETTER, NINE, REPEAT, WORDS
from generation.loopback.script import Asked, Said


def talk(asked: Asked) -> str | Said:
    """The reply of a model that does what a short question asks."""
    question = asked.turns[0].content
    if question == WORDS:
        # the most probable words alone, where only those may be drawn
        drawn = asked.noise if asked.top_p > 0.5 else ""
        return f"{drawn} apple river".strip()
    replies: dict[str, str | Said] = {
        COUNT: " ".join(str(number) for number in range(1, 61)),
        REPEAT: "river stone cloud amber window",
        LETTER: Said("A", probabilities={"A": 0.7, "B": 0.3}),
        NINE: "5 6 7 8 9" if asked.begun else "1 2 3 4 5 6 7 8 9",
        COLOUR: "Blue is a colour.",
    }
    return replies.get(question, "The sum is 5.")


def think(asked: Asked) -> Said:
    """The same model, which thinks before it speaks."""
    said = talk(asked)
    text = said if isinstance(said, str) else said.text
    return Said(text, thought="Let me see.")
