"""Label Studio: tasks to import, the labelling interface, and its JSON export."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from quality.review.exchange.asked import Asked, choices_in, texts_in

QUESTION = "preference"


def write_label_studio(tasks: Sequence[Asked], folder: Path) -> None:
    """``tasks.json`` and ``config.xml``; there are no predictions, as these would be shown."""
    rows = [{"data": task.model_dump()} for task in tasks]
    (folder / "tasks.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    choices = "".join(f'<Choice value="{answer}"/>' for answer in choices_in(tasks))
    texts = "".join(
        f'<Header value="{name}"/><Text name="{name}" value="${name}"/>' for name in texts_in(tasks)
    )
    note = '<TextArea name="note" toName="question"/>'
    named = f'name="{QUESTION}" toName="question" choice="single" required="true"'
    choice = f"<Choices {named}>{choices}</Choices>"
    (folder / "config.xml").write_text(f"<View>{texts}{choice}{note}</View>\n", encoding="utf-8")


def read_label_studio(path: Path) -> Iterator[Mapping[str, Any]]:
    """Each annotation that was not skipped, of Label Studio's JSON export."""
    for task in json.loads(path.read_text(encoding="utf-8")):
        for annotation in task.get("annotations", ()):
            if not annotation.get("was_cancelled"):
                yield {
                    "id": task["data"].get("id"),
                    "sample": task["data"].get("sample"),
                    "reviewer": _reviewer(annotation.get("completed_by")),
                    "answer": _value(annotation, QUESTION, "choices"),
                    "note": _value(annotation, "note", "text"),
                    "seconds": annotation.get("lead_time"),
                }


def _reviewer(who: object) -> str:
    return str(who.get("email") or who.get("id")) if isinstance(who, dict) else str(who)


def _value(annotation: Mapping[str, Any], name: str, kind: str) -> str:
    values = (part["value"].get(kind) for part in annotation["result"] if part.get("from_name") == name)
    found = next(values, None) or ""
    return " ".join(found) if isinstance(found, list) else str(found)
