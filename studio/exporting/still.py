"""A page of the studio made still: no script, no form, links to exported pages alone, its style inside.

Everything else is passed on letter by letter, so that what was escaped stays so.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

from studio.exporting.chosen import Key, key_of

# what means something in the running studio alone
_LIVE_TAGS = frozenset({"form", "script", "button", "input", "select", "textarea"})
_LIVE_CLASSES = frozenset({"live", "pages"})
_VOID_TAGS = frozenset({"input", "link", "meta", "br", "hr", "img", "wbr"})

Attributes = list[tuple[str, str | None]]


class Still(HTMLParser):
    """Reads a page, and has it as a file: ``files`` are those that links may lead to."""

    def __init__(self, files: Mapping[Key, str], style: str) -> None:
        super().__init__(convert_charrefs=False)
        self._files, self._style = files, style
        self._pieces: list[str] = []
        self._main = 0
        # within an element that is left out: its tag, once for each that is open
        self._left: list[str] = []
        self._links: list[str] = []
        # as the page says; None where it says nothing
        self.num_rows_left_out: int | None = None
        self.goes_on = False

    def text(self, note: str) -> str:
        """The page, with ``note``, which is HTML, before its content."""
        return "".join((*self._pieces[: self._main], note, *self._pieces[self._main :]))

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Pass on an element's beginning, or leave the element out."""
        given = {name: value or "" for name, value in attrs}
        self.goes_on |= tag == "a" and "next" in given.get("class", "").split()
        if self._left or self._is_live(tag, given):
            self._leave_out(tag)
            return
        if "data-left-out" in given:
            self.num_rows_left_out = int(given["data-left-out"])
        if tag == "link" and given.get("rel") == "stylesheet":
            self._pieces.append(_styled(self._style))
        elif tag == "a":
            self._begin_link(given)
        else:
            self._pieces.append(self.get_starttag_text() or "")
        if tag == "main":
            self._main = len(self._pieces)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        """Pass on an element that ends at once, such as a path of a picture."""
        if not self._left:
            self._pieces.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Pass on an element's end."""
        if self._left:
            if tag == self._left[-1]:
                self._left.pop()
        elif tag == "a":
            self._pieces.append(self._links.pop())
        else:
            self._pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Pass on text."""
        self._pass_on(data)

    def handle_entityref(self, name: str) -> None:
        """Pass on an escaped letter."""
        self._pass_on(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Pass on a numbered letter."""
        self._pass_on(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Pass on the document's type."""
        self._pass_on(f"<!{decl}>")

    def _pass_on(self, text: str) -> None:
        if not self._left:
            self._pieces.append(text)

    def _is_live(self, tag: str, given: Mapping[str, str]) -> bool:
        classes = set(given.get("class", "").split())
        # a button leads on, and says nothing by itself
        leads_nowhere = (
            tag == "a" and "button" in classes and key_of(given.get("href", "")) not in self._files
        )
        return tag in _LIVE_TAGS or bool(classes & _LIVE_CLASSES) or leads_nowhere

    def _leave_out(self, tag: str) -> None:
        if tag not in _VOID_TAGS and (not self._left or tag == self._left[-1]):
            self._left.append(tag)

    def _begin_link(self, given: Mapping[str, str]) -> None:
        address = given.get("href", "")
        file = address if address.startswith("#") else self._files.get(key_of(address))
        if file is None:
            self._links.append("")
            return
        kept = {name: value for name, value in given.items() if name != "href"}
        self._pieces.append(f"<a{_written({'href': file, **kept})}>")
        self._links.append("</a>")


def _written(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def _styled(style: str) -> str:
    """The style, with a policy under which a browser takes nothing else, whoever wrote it."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'none'; base-uri 'none'"
    )
    return (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="referrer" content="no-referrer">\n<style>{style}</style>'
    )
