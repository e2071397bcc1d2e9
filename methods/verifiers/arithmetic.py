"""The value of an arithmetic expression, by a parser that runs nothing and bounds its work."""

import re

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?|\.[0-9]+)|(\*\*|[-+*/^()%]))")
MAX_LENGTH = 200
_MAX_DEPTH = 30
_MAX_EXPONENT = 100.0


class Unparsed(ValueError):
    """The text is no arithmetic expression, divides by zero, or is too large to work out."""


def value(text: str) -> float:
    """The value of an expression of numbers, + - * / ^ %, and brackets.

    Raises ``Unparsed``. A power binds tighter than a sign, and to the right, as in writing; ``%`` after
    a number divides it by 100.
    """
    if len(text) > MAX_LENGTH:
        raise Unparsed("too long")
    try:
        return _Reader(_tokens(text)).whole()
    except (ZeroDivisionError, OverflowError) as error:
        raise Unparsed(str(error)) from error


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Unparsed(text[place:].strip() or "nothing")
        tokens.append(found[1] or found[2])
        place = found.end()
    return [*tokens, ""]


class _Reader:
    """Recursive descent over tokens; the last token is empty."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    def whole(self) -> float:
        result = self._sum()
        if self.tokens[self.place]:
            raise Unparsed(self.tokens[self.place])
        return result

    def _took(self, *wanted: str) -> str:
        token = self.tokens[self.place]
        if token not in wanted:
            return ""
        self.place += 1
        return token

    def _sum(self) -> float:
        total = self._product()
        while sign := self._took("+", "-"):
            total += self._product() if sign == "+" else -self._product()
        return total

    def _product(self) -> float:
        total = self._signed()
        while sign := self._took("*", "/"):
            other = self._signed()
            total = total * other if sign == "*" else total / other
        return total

    def _signed(self) -> float:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Unparsed("too deep")
        sign = self._took("+", "-")
        result = self._signed() if sign else self._power()
        self.depth -= 1
        return -result if sign == "-" else result

    def _power(self) -> float:
        low = self._atom()
        if not self._took("**", "^"):
            return low
        high = self._signed()
        if abs(high) > _MAX_EXPONENT or (low < 0 and not high.is_integer()):
            raise Unparsed("power")
        return float(low**high)

    def _atom(self) -> float:
        token = self.tokens[self.place]
        self.place += 1
        if token == "(":
            result = self._sum()
            if not self._took(")"):
                raise Unparsed("an open bracket")
        elif token[:1].isdigit() or token[:1] == ".":
            result = float(token)
        else:
            raise Unparsed(token or "the end")
        return result / 100 if self._took("%") else result
