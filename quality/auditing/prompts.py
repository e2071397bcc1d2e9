"""An audit of stored completions: whether their requests still become the tokens that they were made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.ledger.ledger import Ledger
from generation.prompts import FolderPrompts
from generation.request import Request

_BATCH = 4_096


@dataclass(frozen=True)
class Audited:
    """One model's completions whose tokens were recorded; ``example`` is the key of one with others now.

    ``fault`` says why they could not be compared.
    """

    model: str
    compared: int
    other_prompts: int
    example: str | None = None
    fault: str | None = None


def audit(ledger: Ledger, folders: Mapping[str, Path]) -> list[Audited]:
    """Render all stored requests again, by the model's folder; ``folders`` are by fingerprint."""
    query = "SELECT DISTINCT model FROM completions WHERE prompt_digest IS NOT NULL ORDER BY model"
    return [_audited(ledger, row["model"], folders.get(row["model"])) for row in ledger.ask(query)]


def _audited(ledger: Ledger, model: str, folder: Path | None) -> Audited:
    if folder is None or not folder.is_dir():
        return Audited(model, 0, 0, fault="its folder is not in this state")
    prompts, compared = FolderPrompts(folder), 0
    others: list[str] = []
    try:
        for batch in _batches(ledger, model):
            requests = [Request.model_validate_json(request) for _, request, _ in batch]
            digests = prompts.digests(requests)
            others += [key for (key, _, before), now in zip(batch, digests, strict=True) if now != before]
            compared += len(batch)
    except BadInput as error:
        return Audited(model, compared, len(others), fault=str(error))
    return Audited(model, compared, len(others), example=others[0] if others else None)


def _batches(ledger: Ledger, model: str) -> Iterator[list[tuple[str, str, str]]]:
    """Key, request and recorded hash, so many at a time; neighbours share their prompt where they can."""
    with ledger.open() as connection:
        rows = connection.execute(
            f"{ledger.tables(ledger.segments())} SELECT key, request, prompt_digest FROM completions"
            " WHERE model = ? AND prompt_digest IS NOT NULL AND error IS NULL ORDER BY request",
            [model],
        )
        while batch := rows.fetchmany(_BATCH):
            yield batch
