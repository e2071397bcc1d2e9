"""What a text only quotes: code, words in quotation marks, quoted lines, dialogues, and letters."""

import re
from collections import Counter

_LEFT_OUT = " … "
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_MARKS = (
    r"\"[^\"\n]{1,400}\"",
    r"“[^”\n]{1,400}”",
    r"„[^“”\n]{1,400}[“”]",
    r"«[^»\n]{1,400}»",
    r"»[^«\n]{1,400}«",
    r"「[^」\n]{1,400}」",
    r"『[^』\n]{1,400}』",
    # a single mark opens before a word and closes behind one, where an apostrophe stands amid letters
    r"(?<!\w)['‘‚](?=\S)[^\n]{1,400}?(?<=\S)['’‘](?!\w)",
    r"(?m:^[ \t]*>[^\n]*$)",
)
_QUOTED = re.compile("|".join(_MARKS))
_SPOKEN = re.compile(r"(?m)^\**([A-Z][\w .]{0,20}?)\**:\**[ \t][^\n]*$")
# a salutation on a line of its own, behind an introduction
_LETTER = re.compile(r"(?ms)(?<=\S)\s*^(?:dear|hi|hello) [^,\n]{1,40},[ \t]*$.*", re.IGNORECASE)


def without_quotes(text: str) -> str:
    """``text`` with its code and quotes left out; what stands between marks stays where that is all."""
    text = _LETTER.sub(_LEFT_OUT, _without_dialogue(_CODE.sub(_LEFT_OUT, text)))
    bare = _QUOTED.sub(_LEFT_OUT, text)
    return bare if bare.strip(" \n.…") else text


def _without_dialogue(text: str) -> str:
    """The text without what speakers say: lines that begin with names, of several and one of them again."""
    speakers = Counter(match[1] for match in _SPOKEN.finditer(text))
    if len(speakers) > 1 and max(speakers.values()) > 1:
        return _SPOKEN.sub(_LEFT_OUT, text)
    return text
