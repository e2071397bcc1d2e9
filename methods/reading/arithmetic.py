"""The value of an arithmetic expression, by a parser that executes nothing and bounds its work."""

import re

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?|\.[0-9]+)|(\*\*|[-+*/^()%]))")
MAX_LENGTH = 200
_MAX_DEPTH = 30
_MAX_EXPONENT = 100.0


class Unparsed(ValueError):
    """The text is not an arithmetic expression, divides by zero, or is too large to evaluate."""


def value(text: str) -> float:
    """The value of an expression of numbers, + - * / ^ %, and brackets.

    Raises Unparsed. A power binds tighter than a sign, and to the right, as is usual; ``%`` after a number
    divides it by 100.
    """
    if len(text) > MAX_LENGTH:
        raise Unparsed("too long")
    try:
        return _Reader(_tokens(text)).whole()
    except (ZeroDivisionError, OverflowError) as error:
        raise Unparsed(str(error)) from error


def _tokens(text: str) -> list[str]:
    tokens, start = [], 0
    while start < len(text):
        token = _TOKEN.match(text, start)
        if token is None:
            raise Unparsed(text[start:].strip() or "nothing")
        tokens.append(token[1] or token[2])
        start = token.end()
    return [*tokens, ""]


class _Reader:
    """Recursive descent over tokens; the last token is empty."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.position, self.depth = tokens, 0, 0

    def whole(self) -> float:
        result = self._sum()
        if self.tokens[self.position]:
            raise Unparsed(self.tokens[self.position])
        return result

    def _take(self, *expected: str) -> str:
        token = self.tokens[self.position]
        if token not in expected:
            return ""
        self.position += 1
        return token

    def _sum(self) -> float:
        total = self._product()
        while sign := self._take("+", "-"):
            total += self._product() if sign == "+" else -self._product()
        return total

    def _product(self) -> float:
        total = self._signed()
        while sign := self._take("*", "/"):
            other = self._signed()
            total = total * other if sign == "*" else total / other
        return total

    def _signed(self) -> float:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Unparsed("too deep")
        sign = self._take("+", "-")
        result = self._signed() if sign else self._power()
        self.depth -= 1
        return -result if sign == "-" else result

    def _power(self) -> float:
        low = self._atom()
        if not self._take("**", "^"):
            return low
        high = self._signed()
        if abs(high) > _MAX_EXPONENT or (low < 0 and not high.is_integer()):
            raise Unparsed("power")
        return float(low**high)

    def _atom(self) -> float:
        token = self.tokens[self.position]
        self.position += 1
        if token == "(":
            result = self._sum()
            if not self._take(")"):
                raise Unparsed("an open bracket")
        elif token[:1].isdigit() or token[:1] == ".":
            result = float(token)
        else:
            raise Unparsed(token or "the end")
        return result / 100 if self._take("%") else result
