"""Argilla 2: a dataset on disk, as its client reads and writes it, without a suggestion."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from quality.review.exchange.asked import Asked, choices_in, texts_in

QUESTION = "preference"
_GUIDELINES = "Answer the question with one of the choices that stand with it."


def write_argilla(tasks: Sequence[Asked], folder: Path) -> None:
    """``records.json``, and settings and name of the dataset in ``.argilla``."""
    (folder / ".argilla").mkdir()
    texts = texts_in(tasks)
    _write(folder / "records.json", [_record(task, texts) for task in tasks])
    _write(folder / ".argilla" / "settings.json", _settings(texts, choices_in(tasks)))
    _write(folder / ".argilla" / "dataset.json", {"name": "review_sample", "guidelines": _GUIDELINES})


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _record(task: Asked, texts: Sequence[str]) -> dict[str, Any]:
    values = task.model_dump()
    return {
        "id": task.id,
        "fields": {name: values[name] for name in texts},
        "metadata": {"sample": task.sample},
        "suggestions": {},
        "responses": {},
        "vectors": {},
        "status": "pending",
    }


def _settings(texts: Sequence[str], choices: Sequence[str]) -> dict[str, Any]:
    fields = [
        {
            "name": name,
            "title": name,
            "required": name == "question",
            "settings": {"type": "text", "use_markdown": False},
        }
        for name in texts
    ]
    options = [{"value": answer, "text": answer, "description": None} for answer in choices]
    question = {
        "name": QUESTION,
        "title": "Your answer",
        "description": None,
        "required": True,
        "settings": {"type": "label_selection", "options": options, "visible_options": len(options)},
    }
    sample = {
        "name": "sample",
        "title": "sample",
        "visible_for_annotators": False,
        "settings": {"type": "terms", "values": None},
    }
    return {
        "guidelines": _GUIDELINES,
        "allow_extra_metadata": False,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "fields": fields,
        "questions": [question],
        "metadata": [sample],
        "vectors": [],
    }


def read_argilla(path: Path) -> Iterator[Mapping[str, Any]]:
    """Each submitted response of the records in a dataset's folder, or in its ``records.json``."""
    file = path / "records.json" if path.is_dir() else path
    for record in json.loads(file.read_text(encoding="utf-8")):
        for response in _responses(record.get("responses") or {}):
            yield {"id": record.get("id"), "sample": (record.get("metadata") or {}).get("sample"), **response}


def _responses(responses: object) -> Iterator[dict[str, Any]]:
    """The submitted ones: by question, as the client writes them, or one object for each user."""
    if isinstance(responses, dict):
        for response in responses.get(QUESTION, ()):
            if response.get("status", "submitted") == "submitted":
                yield {"reviewer": str(response.get("user_id")), "answer": response.get("value")}
    elif isinstance(responses, list):
        for response in responses:
            if response.get("status") == "submitted":
                value = (response.get("values") or {}).get(QUESTION, {}).get("value")
                yield {"reviewer": str(response.get("user_id")), "answer": value}
