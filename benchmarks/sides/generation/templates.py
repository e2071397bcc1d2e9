"""The chat templates that TRL ships, each held fast: prompts, keys and openings at two dates."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.sides.figure import Figure, repeated
from datasets_registry.errors import BadInput
from generation.chat import other_opening, token_ids
from generation.models.folder import fingerprint
from generation.request import Message, Request
from generation.templates.pinning import steady_folder
from generation.templates.probing import MOMENTS, require_steady
from generation.tokenizer import Tokenizer
from generation.words import PLAIN
from tests.tiny_model import write_tiny_model


@dataclass(frozen=True)
class TemplateFigures:
    """What became of one template.

    ``pins`` say in words what was held fast. ``num_keys`` and ``num_prompts`` count the distinct ledger keys
    and token sequences of one request at two dates: one of each. ``opens_alike`` says whether a drawn turn
    opens as a finished one does; ``refusal`` is the sentence where the template reads no plain text.
    """

    template: str
    pins: tuple[str, ...]
    num_keys: int
    num_prompts: int
    opens_alike: bool
    refusal: str | None = None

    @property
    def is_steady(self) -> bool:
        """Whether equal requests are equal tokens at both dates."""
        return self.num_keys == self.num_prompts == 1


def shipped_templates() -> list[Path]:
    """TRL's templates, one file each."""
    import trl

    return sorted((Path(trl.__file__).parent / "chat_templates").glob("*.jinja"))


def with_template(model: Path, template: str, folder: Path) -> Path:
    """A copy of ``model`` in ``folder`` with another chat template, and a token that some begin with."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({"bos_token": config["eos_token"], **config}), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def at_two_dates(model: Path, work: Path) -> Iterator[TemplateFigures]:
    """The figures of each shipped template, in a copy of ``model`` below ``work``, held fast."""
    for path in shipped_templates():
        given = with_template(model, path.read_text(encoding="utf-8"), work / path.stem)
        steady = steady_folder(given, work / "models")
        yield _figures(path.stem, steady.folder, steady.pins)


def steady_templates(folder: Path) -> Iterator[Figure]:
    """The share of shipped templates that are one key and one prompt at two dates, and how many are dated."""
    rows = list(at_two_dates(write_tiny_model(folder / "model"), folder / "given"))
    share = sum(row.is_steady for row in rows) / len(rows)
    yield repeated("chat templates that are one key and one prompt at two dates", [share], "share", "== 1")
    dated = sum(any("date" in pin for pin in row.pins) for row in rows)
    yield Figure(name="templates whose date is held fast", value=dated, unit=f"of {len(rows)}")


def _figures(template: str, folder: Path, pins: tuple[str, ...]) -> TemplateFigures:
    from transformers import AutoTokenizer

    # those that read no plain text are not opened
    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    require_steady(tokenizer)
    request = Request(messages=(Message(role="user", content="hello"),))
    keys = {request.key(fingerprint(folder)) for _ in MOMENTS}
    prompts = {tuple(_ids_at(tokenizer, moment)) for moment in MOMENTS}
    try:
        alike, refusal = other_opening(tokenizer) is None, None
    except BadInput as error:
        alike, refusal = False, str(error)
    return TemplateFigures(template, pins, len(keys), len(prompts), alike, refusal)


def _ids_at(tokenizer: Tokenizer, moment: datetime) -> list[int]:
    turns = [{"role": turn.role, "content": turn.content} for turn in PLAIN[0]]
    return token_ids(
        tokenizer,
        tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True, strftime_now=moment.strftime
        ),
    )
