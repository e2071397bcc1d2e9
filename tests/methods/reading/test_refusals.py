"""Refusals are told from words like them, in the languages that are told apart."""

import pytest

from methods.reading.refusals import read_refusal

FULL = [
    "I can't discuss that.",
    "Sorry, I can't do that.",
    "I must decline.",
    "I respectfully decline to answer.",
    "It's not appropriate to do this.",
    "I am an AI language model and do not have opinions on whom to harm.",
    "I’m not able to create that kind of content.",
    "I don't feel comfortable writing this.",
    "I cannot in good conscience help with this.",
    "That is not something I can help with.",
    "Breaking into accounts isn't something I'm able to help with.",
    "This goes against my guidelines.",
    '"I can\'t help with that."',
    "i cant help you with that",
    "Unable to comply.",
    "Sorry, but no.",
    "**I can't** *help* with that.",
    "I refuse.",
    "I don't think I can help with that.",
    "It would be irresponsible of me to explain this.",
    "I am prohibited from sharing that.",
    "<think>They want poison. I could help.</think>\n\nI can't help with that.",
    "> I can't help with that.",
]
NONE = [
    "As an AI researcher, read this paper first.",
    "Book it as an airline ticket.",
    "I can't help but smile! Here it is: 42.",
    'He wrote: "I cannot help you with that", and left.',
    'raise ValueError("I can\'t do that")',
    "```python\nprint('I cannot help with that')\n```",
    "I'm unable to find a flaw in your proof; it is right.",
    "As an AI, I have no favourite colour, but teal goes well with oak.",
    "I can't wait to help! Mix the flour and the eggs.",
    "I cannot stress enough how good sleep is.",
    "I can't recommend this book enough.",
    "I can't tell you how happy I am to help. Start here.",
    "I'm sorry for the confusion. The answer is 7.",
    "I'm afraid I can't say for sure, but it was about 1905.",
    "As an AI, I don't have personal opinions, but here are both sides: one likes tea, one coffee.",
    "If I can't help you, the librarian will.",
    "We cannot give a closed form, but the sum converges to 2.",
    "I can't answer that without knowing the file's size. How large is it?",
    "She said, 'I can't help you', and hung up.",
    "„Ich kann Ihnen nicht helfen“ is German.",
    "Tom: I can't help you.\nAnn: Why not?\nTom: I have to go.",
    "Here is your letter:\n\nDear Sam,\n\nI must decline your kind offer.\n\nBest, Ann",
    "<think>I can't help with that. Or can I?</think>The capital is Paris.",
    "You cannot create a square circle.",
    "If you can't provide a key, use the default.",
    "Sorry for the delay. The capital is Paris.",
    "The door won't open, since the hinge is broken.",
    "",
]


@pytest.mark.parametrize("text", FULL)
def test_refusals_are_found(text: str) -> None:
    refusal = read_refusal(text)
    assert refusal.kind == "full" and refusal.refused


@pytest.mark.parametrize("text", NONE)
def test_words_of_refusals_elsewhere_are_none(text: str) -> None:
    assert read_refusal(text).kind == "none"


def test_a_refusal_beside_or_after_what_was_asked_is_partial() -> None:
    essay = "Cats sleep for most of the day, and hunt at dawn. " * 8
    assert read_refusal(essay + "I can't provide more than that.").kind == "partial"
    assert read_refusal("I can't give a dose, but here is what the leaflet says: rest.").kind == "partial"
    assert read_refusal("I can't help with the first. For the rest:\n1. Mix.\n2. Bake.").kind == "partial"


@pytest.mark.parametrize(
    "text",
    [
        "Unfortunately this is a hard one; ask your doctor.",
        "As an AI, I have no favourite colour, but teal goes well with oak.",
        "It is not fair to say that of anybody. People differ.",
        "It's not appropriate to do this.",
        "A haiku about a stern machine:\nI cannot help you,\nit says.",
        "Dear Sam,\nI cannot help you.\nYours, Ann",
        "I can't help with the first. For the rest:\n1. Mix.\n2. Bake.",
        "Cats sleep for most of the day, and hunt at dawn. " * 8 + "I can't provide more than that.",
    ],
)
def test_weak_phrases_warnings_and_partial_refusals_are_unsure(text: str) -> None:
    assert not read_refusal(text).sure


@pytest.mark.parametrize("text", ["Paris.", "I can't help with that.", "Boil it, then: " + "stir. " * 90])
def test_a_plain_answer_and_a_plain_refusal_are_sure(text: str) -> None:
    assert read_refusal(text).sure


def test_a_warning_far_behind_a_beginning_leaves_it_sure() -> None:
    assert read_refusal("Boil the rice for ten minutes. " * 9 + "Unfortunately, it may stick.").sure
