"""A zoo of chat templates and tokenizers, each small and after the manner of a public family."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.chat import SystemPlace
from tests.tiny_model import CHAT_TEMPLATE

_OPEN = "<|im_start|>{{ m.role }}\n"
_PROMPT = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
_MARKED = "{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}"
_BY_ROLE = f"{{% if m.role == 'assistant' %}}{_MARKED}{{% else %}}{{{{ m.content }}}}<|im_end|>{{% endif %}}"
_TURN = f"{_OPEN}{_BY_ROLE}\n"
_LOOP, _END = "{% for m in messages %}", "{% endfor %}"
# the roles of the conversation, but for a system turn at its start
_TALK = "{% set talk = messages[1:] if messages[0].role == 'system' else messages %}"
_ALTERNATE = (
    "{% for m in talk %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user and assistant') }}{% endif %}{% endfor %}"
)
_NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
_LAST_ASKED = (
    "{% set place = namespace(last=0) %}{% for m in messages %}"
    "{% if m.role == 'user' %}{% set place.last = loop.index0 %}{% endif %}{% endfor %}"
)
_THOUGHT = "<think>\n{{ m.reasoning_content }}\n</think>\n\n"
_NO_THOUGHT = "<think>\n\n</think>\n\n"
_CALLS_AS_JSON = (
    "{% for c in m.tool_calls or [] %}<tool_call>\n"
    '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}'
    "\n</tool_call>{% endfor %}"
)
_CALLS_AS_XML = (
    "{% for c in m.tool_calls or [] %}<tool_call>\n<function={{ c.function.name }}>\n"
    "{% for name, value in c.function.arguments | items %}<parameter={{ name }}>\n{{ value }}\n</parameter>\n"
    "{% endfor %}</function>\n</tool_call>{% endfor %}"
)
_TOOLS_AS_JSON = (
    "{% if tools %}<|im_start|>tools\n{% for t in tools %}{{ t | tojson }}\n{% endfor %}<|im_end|>\n"
    "{% endif %}"
)
_TOOLS_AS_XML = (
    "{% if tools %}<|im_start|>tools\n{% for t in tools %}<function>\n<name>{{ t.function.name }}</name>\n"
    "<description>{{ t.function.description }}</description>\n{{ t.function.parameters | tojson }}\n"
    "</function>\n{% endfor %}<|im_end|>\n{% endif %}"
)


def _spoken(before: str, after: str = "") -> str:
    """A loop over turns in which the assistant's have something before and after their text, marked."""
    said = f"{{% generation %}}{before}{{{{ m.content }}}}{after}<|im_end|>{{% endgeneration %}}"
    return f"{_LOOP}{_TURN.replace(_MARKED, said)}{_END}"


@dataclass(frozen=True)
class Animal:
    """A template and its tokenizer, in words after which family, and what else its folder has.

    ``plain_tokens`` are added and not special. ``begins`` is a token that the tokenizer writes before every
    text by itself, as the template does. ``unread_tokens`` are so many tokens beyond the model's embedding.
    """

    name: str
    like: str
    template: str
    plain_tokens: Sequence[str] = ()
    begins: bool = False
    has_end: bool = True
    unread_tokens: int = 0
    system: SystemPlace | None = None


ZOO: Sequence[Animal] = (
    Animal("plain", "ChatML", f"{_LOOP}{_TURN}{_END}{_PROMPT}"),
    Animal("unmarked", "ChatML without marks", CHAT_TEMPLATE),
    Animal("system refused", "Gemma 2", f"{_NO_SYSTEM}{_LOOP}{_TURN}{_END}{_PROMPT}"),
    Animal(
        "system told",
        "Gemma 2, `system` set",
        f"{_NO_SYSTEM}{_LOOP}{_TURN}{_END}{_PROMPT}",
        system="in the first user turn",
    ),
    Animal(
        "system merged",
        "Llama 2",
        f"{_TALK}{{% for m in talk %}}{_OPEN}{{% if m.role == 'assistant' %}}{_MARKED}{{% else %}}"
        "{% if loop.first and talk | length != messages | length %}"
        "<<SYS>>\n{{ messages[0].content }}\n<</SYS>>\n\n{% endif %}{{ m.content }}<|im_end|>{% endif %}\n"
        f"{_END}{_PROMPT}",
    ),
    Animal("system dropped", "old Zephyrs", f"{_TALK}{{% for m in talk %}}{_TURN}{_END}{_PROMPT}"),
    Animal("alternating", "Mistral", f"{_TALK}{_ALTERNATE}{_LOOP}{_TURN}{_END}{_PROMPT}"),
    Animal("trimming", "Llama 3", f"{_LOOP}{_TURN.replace('m.content', 'm.content | trim')}{_END}{_PROMPT}"),
    Animal(
        "thought dropped",
        "Qwen 3",
        f"{_LAST_ASKED}{_TOOLS_AS_JSON}"
        + _spoken(
            "{% if m.reasoning_content and loop.index0 > place.last %}" + _THOUGHT + "{% endif %}",
            _CALLS_AS_JSON,
        )
        + _PROMPT,
    ),
    Animal(
        "thought kept",
        "GLM 5",
        f"{_TOOLS_AS_JSON}"
        + _spoken("{% if m.reasoning_content %}" + _THOUGHT + "{% endif %}", _CALLS_AS_JSON)
        + _PROMPT,
    ),
    Animal(
        "thought opened",
        "Qwen 3 Thinking",
        f"{_LAST_ASKED}"
        + _spoken(
            "{% if loop.index0 > place.last %}{% if m.reasoning_content %}"
            + _THOUGHT
            + "{% else %}"
            + _NO_THOUGHT
            + "{% endif %}{% endif %}"
        )
        + _PROMPT.replace("assistant\n", "assistant\n<think>\n"),
    ),
    Animal(
        "thought opened only",
        "DeepSeek R1",
        f"{_LOOP}{_TURN}{_END}" + _PROMPT.replace("assistant\n", "assistant\n<think>\n"),
    ),
    Animal(
        "end outside the mark",
        "many own templates",
        f"{_LOOP}"
        + _TURN.replace("<|im_end|>{% endgeneration %}", "{% endgeneration %}<|im_end|>")
        + f"{_END}{_PROMPT}",
    ),
    Animal("double beginning", "Llama 3", f"<|im_start|>{_LOOP}{_TURN}{_END}{_PROMPT}", begins=True),
    Animal(
        "runs of spaces",
        "Gemma",
        f"{_LOOP}{_TURN}{_END}{_PROMPT}",
        plain_tokens=("\n\n", "\n\n\n", "  ", "    ", "\t\t", "<think>"),
    ),
    Animal("tools as JSON", "Qwen 2.5, Hermes", _TOOLS_AS_JSON + _spoken("", _CALLS_AS_JSON) + _PROMPT),
    Animal("tools as XML", "Qwen 3 Coder", _TOOLS_AS_XML + _spoken("", _CALLS_AS_XML) + _PROMPT),
    Animal("repeating", "a faulty one", f"{_LOOP}{_TURN}{_END}{{{{ messages[-1].content }}}}{_PROMPT}"),
    Animal(
        "reordering",
        "a faulty one",
        f"{{% for m in messages | reverse %}}{_TURN}{_END}{_PROMPT}",
    ),
    Animal("no end token", "base models", f"{_LOOP}{_TURN}{_END}{_PROMPT}", has_end=False),
    Animal("beyond the embedding", "extended tokenizers", f"{_LOOP}{_TURN}{_END}{_PROMPT}", unread_tokens=2),
)


def write_animal(animal: Animal, model: Path, folder: Path) -> Path:
    """A copy of the tiny ``model`` with the animal's tokenizer and template, below ``folder``."""
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    shutil.copytree(model, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    tokenizer.chat_template = animal.template
    tokenizer.add_tokens([*animal.plain_tokens, *(f"more{number}" for number in range(animal.unread_tokens))])
    if animal.begins:
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<|im_start|> $A", special_tokens=[("<|im_start|>", 0)]
        )
    if not animal.has_end:
        tokenizer.eos_token, tokenizer.pad_token = None, "<|im_start|>"
    tokenizer.save_pretrained(folder)
    _set_embedding(folder, len(tokenizer) - animal.unread_tokens)
    return folder


def _set_embedding(folder: Path, rows: int) -> None:
    """Let the config say how many rows the embedding has; the weights are read by no one here."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"vocab_size": rows}))
