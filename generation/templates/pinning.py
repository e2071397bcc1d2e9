"""A given model whose chat template is held fast: its date, whether it thinks, where a system turn stands."""

import os
import re
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.inspecting.origins import PINNED
from datasets_registry.manifest import FILE
from generation.chat import SystemPlace, other_opening
from generation.templates.opening import read_tokenizer
from generation.templates.probing import CHANCE, CLOCK, renderings, require_steady, without_comments
from generation.tokenizer import Tokenizer

# the date that Llama 3's own templates fall back to
PINNED_DATE = datetime(2024, 7, 26)
SWITCHES = ("enable_thinking", "thinking")
_DIRECTIVES = ("-d", "-m", "-H", "-I", *"aAbBcdDeFHIjmMpRSTuUwxXyYzZ")
_TEMPLATE, _FURTHER = "chat_template.jinja", "additional_chat_templates"
_SOURCES = (_TEMPLATE, "chat_template.json", "tokenizer_config.json", f"{_FURTHER}/*.jinja")
_DEFAULT = "default"
_THINKS = {True: "it thinks", False: "it does not think"}
# the two texts are parted by a blank line; without a turn of the user's the system's becomes one
_SYSTEM = (
    "{%- set messages = ([dict(messages[1], content=messages[0]['content'] + '\\n\\n' + "
    "messages[1]['content'])] + messages[2:] if messages[1:] and messages[1]['role'] == 'user' else "
    "[dict(messages[0], role='user')] + messages[1:]) if messages and messages[0]['role'] == 'system' "
    "else messages %}"
)


class Steady(NamedTuple):
    """A model's folder, and in words what of its chat template was held fast there."""

    folder: Path
    pins: tuple[str, ...] = ()


def steady_folder(
    folder: Path, models: Path, thinking: bool | None = None, system: SystemPlace | None = None
) -> Steady:
    """The model in ``folder`` with a template that depends on messages alone: itself where it is so already.

    Otherwise it is a folder below ``models`` of links to its files, with a template of its own, so that all
    that reads the model, whatever it is, reads the same prompts, and its fingerprint says so. The date is
    ``PINNED_DATE``. A template that can think or not does what ``thinking`` says. By default it does
    what it does by itself, unless drawn and finished turns then open differently, and without thinking alike.
    With ``system`` a system turn is read at the head of the user's first turn, for a template without a place
    for it.

    Raises BadInput where the template cannot be held fast, or cannot be told whether to think and should be.
    """
    text = "".join(path.read_text("utf-8") for pattern in _SOURCES for path in sorted(folder.glob(pattern)))
    if thinking is None and system is None and not any(word in text for word in (CLOCK, *SWITCHES, *CHANCE)):
        return Steady(folder)
    tokenizer = read_tokenizer(folder)
    given, pins = _templates(tokenizer), set[str]()
    for name, value in (("thinking", thinking), ("system", system)):
        if value is not None and not given:
            raise BadInput(f"model {folder} has no chat template: leave `{name}` out of its `[models.NAME]`")
    held = {place: _held(tokenizer, template, thinking, pins) for place, template in given.items()}
    if system is not None:
        held = {place: _with_system(template) for place, template in held.items()}
        pins.add("a system turn is read at the head of the user's first turn")
    return Steady(folder) if held == given else Steady(_linked(folder, models, held), tuple(sorted(pins)))


def _templates(tokenizer: Tokenizer) -> Mapping[str, str]:
    template = tokenizer.chat_template
    if template is None:
        return {}
    return template if isinstance(template, Mapping) else {_DEFAULT: template}


def _held(tokenizer: Tokenizer, template: str, thinking: bool | None, pins: set[str]) -> str:
    """The template with what holds it fast before it; ``pins`` get what that is in words."""
    tokenizer.chat_template = template
    if _reads(template, CLOCK):
        template = tokenizer.chat_template = f"{_clock()}\n{template}"
        pins.add(f"its date is {PINNED_DATE:%d %b %Y}")
    require_steady(tokenizer)
    mode = _mode(tokenizer, template, thinking)
    if mode is None:
        return template
    pins.add(_THINKS[mode[1]])
    return _set(template, *mode)


def _with_system(template: str) -> str:
    """The template that reads a system turn as the beginning of the user's first turn."""
    return template if template.startswith(_SYSTEM) else f"{_SYSTEM}\n{template}"


def _reads(template: str, word: str) -> bool:
    """Whether the template has the word, and it was not held fast here before."""
    held = "".join(line for line in template.splitlines()[:3] if line.startswith(("{%- macro ", "{%- set ")))
    found = re.compile(rf"\b{word}\b").search
    return found(without_comments(template)) is not None and found(held) is None


def _clock() -> str:
    """``strftime_now`` as a macro that knows one moment."""
    parts = ((f"%{letters}", PINNED_DATE.strftime(f"%{letters}")) for letters in _DIRECTIVES)
    replaced = " | ".join(f'replace("{directive}", "{value}")' for directive, value in parts)
    return f"{{%- macro {CLOCK}(format) %}}{{{{ format | {replaced} }}}}{{%- endmacro %}}"


def _set(template: str, switch: str, thinking: bool) -> str:
    # Jinja takes one line break behind a block away, which leaves the template's own first line alone
    return f"{{%- set {switch} = {str(thinking).lower()} %}}\n{template}"


def _mode(tokenizer: Tokenizer, template: str, thinking: bool | None) -> tuple[str, bool] | None:
    """The switch to set, and to what; None where the template is to be left as it is.

    The tokenizer is given back with ``template``.
    """
    own, switch = renderings(tokenizer), _switch(tokenizer, template)
    if switch is None:
        if thinking is None:
            return None
        raise BadInput(
            f"the chat template of {tokenizer.name_or_path!r} has no switch for thinking (none of "
            f"{', '.join(SWITCHES)} changes it): leave `thinking` out of its `[models.NAME]`"
        )
    if thinking is None and other_opening(tokenizer) is None:
        return None
    tokenizer.chat_template = _set(template, switch, bool(thinking))
    is_own = renderings(tokenizer) == own
    helps = thinking is not None or other_opening(tokenizer) is None
    tokenizer.chat_template = template
    return None if is_own or not helps else (switch, bool(thinking))


def _switch(tokenizer: Tokenizer, template: str) -> str | None:
    """The word by which the template is told whether to think, if it changes anything."""
    for switch in SWITCHES:
        if _reads(template, switch):
            texts = []
            for thinking in (False, True):
                tokenizer.chat_template = _set(template, switch, thinking)
                texts.append(renderings(tokenizer))
            tokenizer.chat_template = template
            if texts[0] != texts[1]:
                return switch
    return None


def _linked(folder: Path, models: Path, templates: Mapping[str, str]) -> Path:
    """A folder of links to all files of ``folder`` but its templates; whole, or not there."""
    left_out = {_TEMPLATE, _FURTHER, FILE}
    linked = sorted(path for path in folder.iterdir() if path.name not in left_out)
    target = models / PINNED / digest([str(folder), [path.name for path in linked], templates])[:16]
    temporary = models / f".tmp-{uuid.uuid4().hex}"
    temporary.mkdir(parents=True)
    for path in linked:
        # within the state folder a link stays right when that is moved
        inside = path.is_relative_to(models)
        (temporary / path.name).symlink_to(os.path.relpath(path, target) if inside else path.absolute())
    for place, template in templates.items():
        written = temporary / (_TEMPLATE if place == _DEFAULT else f"{_FURTHER}/{place}.jinja")
        written.parent.mkdir(exist_ok=True)
        written.write_text(template, encoding="utf-8")
    target.parent.mkdir(exist_ok=True)
    with suppress(OSError):
        temporary.rename(target)
    # another process, or an earlier run, made the same one
    shutil.rmtree(temporary, ignore_errors=True)
    return target
