r"""Mathematical notation as plain text, without delimiters, emphasis and spacing, with numbers evaluated."""

import re
from fractions import Fraction
from math import comb, factorial

MAX_FACTORIAL = 150
_GROUP_SPACE = re.compile(
    r"(?<=[0-9])(?:,\s*\\!\s*|\\!\s*,\s*|\\[,!:; ]|\{,\}(?:\\!)?|[\u00a0\u2009\u202f])\s*"
    r"(?=[0-9]{3}(?![0-9]))"
)
_TEXT = re.compile(
    r"\\(?:text|mathrm|mbox|hbox|textbf|textit|textrm|textsf|texttt|emph|mathbf|mathit|mathsf|boldsymbol|bm"
    r"|underline|bf|rm|operatorname)\s*\{([^{}]*)\}"
)
# formulas amid words; a sign of currency stands before its number only
_INLINE = re.compile(r"(?<!\\)\$(?=\S)([^$]*[\w})\]%])\$(?![\w$])|\\\((.*?)\\\)")
_STYLE = re.compile(r"\\(?:displaystyle|textstyle)(?![A-Za-z])|\\(?:rm|bf|it)(?![A-Za-z{]|\s*\{)")
_MODULO = re.compile(r"\\(?:pmod|bmod|mod)\s*(?:\{([^{}]*)\}|([0-9A-Za-z]+))")
_REALS = re.compile(r"\\mathbb\s+([A-Z])")
_NO_ELEMENTS = re.compile(r"\\\{\s*\\\}|\\varnothing(?![A-Za-z])")
_NEXT_NAME = re.compile(r",?\s*\\q?quad\s*(?=\\?[A-Za-z](?:_\{?\w+\}?)?\s*=)")
_DEGREES = re.compile(r"\^\s*(?:\\circ|\{\s*\\circ\s*\})")
_SPACE = re.compile(r"(?<!\\)\\[,;:!> ]|\\q?quad(?![A-Za-z])|~|\u00a0")
_FINAL_STOP = re.compile(r"(?<!\.)\.$|。$")
_REPLACEMENTS = {
    r"\$": "$",
    r"\%": "%",
    r"\left": "",
    r"\right": "",
    "−": "-",
    "–": "-",
    "½": " 1/2",
    "°": " degrees ",
    "²": "^2",
    "³": "^3",
    "π": r"\pi ",
    "×": r"\times ",
    "⋅": r"\cdot ",
    "·": r"\cdot ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "∞": r"\infty ",
    "∪": r"\cup ",
    "±": r"\pm ",
    "≈": r"\approx ",
    "∈": r"\in ",
    "ℝ": r"\mathbb{R}",
    "∅": r"\emptyset ",
    r"\langle": "(",
    r"\rangle": ")",
    r"\lbrace": r"\{",
    r"\rbrace": r"\}",
}
_ROOT = re.compile(r"√\s*(?:\(([^()]*)\)|([0-9]+|[A-Za-z]))")
_DELIMITERS = (
    ("$$", "$$"),
    ("$", "$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
    ("**", "**"),
    ("__", "__"),
    ("*", "*"),
    ("`", "`"),
)
_FACTORIAL = re.compile(r"(?<![A-Za-z0-9.)}])([0-9]{1,3})\s*(?:!(?![!=])|\s+factorial\b)")
_BINOMIAL = re.compile(
    r"\\[dt]?binom\s*(?:\{\s*([0-9]{1,3})\s*\}\s*\{\s*([0-9]{1,3})\s*\}|([0-9])\s*([0-9]))"
    r"|\{\s*([0-9]{1,3})\s*\\choose\s*([0-9]{1,3})\s*\}"
)
_REPEATING = re.compile(
    r"(?<![0-9A-Za-z.])([0-9]{0,30})\.([0-9]{0,30})"
    r"(?:\\(?:overline|bar|dot)\s*(?:\{\s*([0-9]{1,30})\s*\}|([0-9]))|\(([0-9]{1,30})\)|([0-9])\u0305)"
)
_ONE_NUMBER = re.compile(r"[-+$\s]*[0-9]+/[0-9]+[\s%A-Za-z]*")


def plain(text: str) -> str:
    """The text without math delimiters, emphasis, spacing commands and a final full stop.

    Factorials and binomials of numbers, and repeating decimals, are replaced by their values.
    """
    text = _INLINE.sub(r"\1\2", _bare(text))
    if "\\" in text or not text.isascii():
        text = _GROUP_SPACE.sub("", text)
        text = _DEGREES.sub(" degrees ", _TEXT.sub(r" \1 ", _commands_apart(text)))
        text = _SPACE.sub(" ", text)
        text = _ROOT.sub(lambda root: rf"\sqrt{{{root[1] or root[2]}}}", text)
        for written, replacement in _REPLACEMENTS.items():
            text = text.replace(written, replacement)
    return _evaluated(text.strip())


def _commands_apart(text: str) -> str:
    """The text without commands that only style it, and with one way of writing what has several."""
    text = _NEXT_NAME.sub(",", _STYLE.sub("", text))
    text = _REALS.sub(r"\\mathbb{\1}", _NO_ELEMENTS.sub(r"\\emptyset ", text))
    return _MODULO.sub(lambda modulus: f" (mod {modulus[1] or modulus[2]})", text)


def _bare(text: str) -> str:
    text = text.strip()
    while True:
        shorter = _undelimited(_FINAL_STOP.sub("", text.rstrip()).rstrip())
        if shorter == text:
            return text
        text = shorter


def _undelimited(text: str) -> str:
    for opening, closing in _DELIMITERS:
        inner = text[len(opening) : -len(closing)]
        if len(text) > len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
            return inner.strip() if opening not in inner else text
    return text


def _evaluated(text: str) -> str:
    if "!" in text or "factorial" in text:
        text = _FACTORIAL.sub(_factorial, text)
    if "binom" in text or "choose" in text:
        text = _BINOMIAL.sub(_binomial, text)
    if "." in text:
        text = _repeating(text)
    return text


def _factorial(match: re.Match[str]) -> str:
    argument = int(match[1])
    return str(factorial(argument)) if argument <= MAX_FACTORIAL else match[0]


def _binomial(match: re.Match[str]) -> str:
    above, below = (int(digits) for digits in match.groups() if digits is not None)
    return str(comb(above, below))


def _repeating(text: str) -> str:
    """Repeating decimals as fractions, in brackets unless the text is that number alone."""
    fractions = _REPEATING.sub(_as_fraction, text)
    if fractions == text or _ONE_NUMBER.fullmatch(fractions):
        return fractions
    return _REPEATING.sub(lambda match: f"({_as_fraction(match)})", text)


def _as_fraction(match: re.Match[str]) -> str:
    whole, before = match[1] or "0", match[2]
    period = next(digits for digits in match.groups()[2:] if digits is not None)
    value = Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(before))
    value += Fraction(int(whole + before), 10 ** len(before))
    return f"{value.numerator}/{value.denominator}"
