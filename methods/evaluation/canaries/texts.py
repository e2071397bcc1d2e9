"""What each canary says, to every turn of every item."""

from collections.abc import Mapping

PREFIX = "canary: "
CANARIES: Mapping[str, str] = {
    "empty": "",
    "refusing": "I'm sorry, but I can't help with that.",
    "flattering": "What a brilliant question! You clearly think more deeply than most people do, and it is "
    "an honour to be asked by somebody of such taste and judgement.",
    # far longer than what it says, and as long as a short answer: each call of the judge reads it
    "padded": " ".join(
        [
            "This is an important topic with many sides to it.",
            "There are several factors that one should bear in mind, and each of them deserves attention.",
            "On the one hand there is much to be said for it; on the other hand there is much to consider.",
            "In the end a balanced view takes all of these things into account.",
        ]
        * 2
    ),
    "constant": "Certainly. Here is the complete and correct answer to your request.",
}


def is_canary(model: str) -> bool:
    """Whether the name is that of a canary."""
    return model.startswith(PREFIX)
