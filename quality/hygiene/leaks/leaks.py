"""Items of evaluation in what models under evaluation were trained on, as rows of evaluation_leaks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.hygiene import EvaluationLeak, LeakKind
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from quality.hygiene.contamination import WORDS
from quality.hygiene.leaks.index import MOST_CLUSTERS, Index, candidates, index_of
from quality.hygiene.leaks.items import Known, known_texts
from quality.hygiene.leaks.likeness import contains, is_asked, nearness, runs, shared_grams, shared_run
from quality.hygiene.leaks.texts import texts_of, words
from quality.hygiene.words import hashes

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 20_000
_SHOWN = 200


class LeakSettings(Settings):
    """What models under evaluation learned from, and the models that these were trained from."""

    datasets: tuple[str, ...]


def make_leaks(inputs: Inputs, models: Models, settings: LeakSettings) -> list[EvaluationLeak]:
    """Every item of evaluation in a row of the datasets."""
    with inputs.views() as connection:
        return leaks(connection, inputs.rows(EvaluationItem), settings.datasets)


def leaks(
    connection: "duckdb.DuckDBPyConnection", items: Iterable[EvaluationItem], datasets: Sequence[str]
) -> list[EvaluationLeak]:
    """The same, of views with the datasets' names; one finding for each text and item."""
    search = search_for(connection, known_texts(items))
    found: dict[tuple[str, ...], EvaluationLeak] = {}
    for dataset in datasets:
        for leak in search.within(dataset):
            key = tuple(getattr(leak, part) for part in EvaluationLeak.key)
            # word for word says more than reworded
            if key not in found or _ORDER[leak.kind] < _ORDER[found[key].kind]:
                found[key] = leak
    return sorted(found.values(), key=attrgetter(*EvaluationLeak.key))


_ORDER: dict[LeakKind, int] = {"canary": 0, "ngram": 1, "near_duplicate": 2, "question_and_answer": 3}


@dataclass(frozen=True)
class Search:
    """The known texts with their words, the index of their rare 3-grams, and the runs that many share."""

    connection: "duckdb.DuckDBPyConnection"
    known: Sequence[Known]
    words: Sequence[Sequence[str]]
    index: Index
    common: frozenset[str]

    def within(self, dataset: str) -> Iterator[EvaluationLeak]:
        """The known texts in the rows of a dataset."""
        texts = texts_of(self.connection, dataset)
        if texts is None:
            return
        asked: list[Hit] = []
        query = f"SELECT row_id, text_column, words, {hashes('words')} AS hashed FROM ({texts})"
        for batch in self.connection.sql(query).to_arrow_reader(AT_ONCE):
            for hit in self._hits(batch):
                if leak := self._compared(dataset, hit):
                    yield leak
                elif is_asked(self.words[hit.known], hit.words):
                    asked.append(hit)
        yield from self._answered(dataset, texts, asked)

    def _hits(self, batch: pa.RecordBatch) -> Iterator["Hit"]:
        rows, columns, texts = (batch.column(name) for name in ("row_id", "text_column", "words"))
        for text, known in candidates(self.index, *_flat(batch.column("hashed"))):
            yield Hit(known, rows[text].as_py(), columns[text].as_py(), texts[text].as_py().split(" "))

    def _compared(self, dataset: str, hit: "Hit") -> EvaluationLeak | None:
        """The finding, where the text has the known text word for word or reworded."""
        known, words = self.known[hit.known], self.words[hit.known]
        if known.part == "canary":
            has_it = contains(" ".join(hit.words), " ".join(words))
            return _leak(known, dataset, hit, "canary", known.text, 1.0) if has_it else None
        if run := shared_run(words, hit.words, self.common):
            return _leak(known, dataset, hit, "ngram", run, shared_grams(words, hit.words))
        near = nearness(words, hit.words, known.needed)
        return None if near is None else _leak(known, dataset, hit, "near_duplicate", known.text, near)

    def _answered(self, dataset: str, texts: str, asked: Sequence["Hit"]) -> Iterator[EvaluationLeak]:
        """The short questions that stand in a row with one of their answers."""
        rows = self._rows(texts, {hit.row_id for hit in asked}) if asked else {}
        for hit in asked:
            known = self.known[hit.known]
            answers = normalised_texts(self.connection, known.answers)
            # an answer that the question itself names is given nowhere
            rest = f" {rows[hit.row_id]} ".replace(f" {' '.join(self.words[hit.known])} ", " | ")
            if any(answer and contains(rest, answer) for answer in answers):
                yield _leak(known, dataset, hit, "question_and_answer", known.text, 1.0)

    def _rows(self, texts: str, row_ids: set[str]) -> dict[str, str]:
        """All words of the rows, column by column."""
        query = (
            f"SELECT row_id, string_agg(words, ' | ') FROM ({texts}) WHERE row_id IN"
            " (SELECT unnest($row_ids)) GROUP BY row_id"
        )
        return dict(self.connection.execute(query, {"row_ids": sorted(row_ids)}).fetchall())


@dataclass(frozen=True)
class Hit:
    """A training text that shares enough with the known text at position ``known``."""

    known: int
    row_id: str
    text_column: str
    words: Sequence[str]


def search_for(connection: "duckdb.DuckDBPyConnection", known: Sequence[Known]) -> Search:
    """What is needed to find the known texts."""
    normal = normalised_texts(connection, [text.text for text in known])
    connection.register("known_words", pa.table({"words": pa.array(normal, pa.string())}))
    table = connection.sql(f"SELECT {hashes('words')} AS hashed FROM known_words").to_arrow_table()
    flat, lengths = _flat(table["hashed"].combine_chunks())
    clusters = [text.cluster for text in known]
    index = index_of(np.split(flat, np.cumsum(lengths)[:-1]), clusters)
    split = [text.split(" ") for text in normal]
    return Search(connection, known, split, index, _common(split, clusters))


def normalised_texts(connection: "duckdb.DuckDBPyConnection", texts: Sequence[str]) -> list[str]:
    """The words of each text, separated by single spaces."""
    connection.register("known_texts", pa.table({"text": pa.array(texts, pa.string())}))
    rows = connection.sql(f"SELECT {words('text')} FROM known_texts").fetchall()
    return [row[0] for row in rows]


def _common(texts: Sequence[Sequence[str]], clusters: Sequence[str]) -> frozenset[str]:
    """The runs of 13 words, of shorter texts the whole, that texts of several clusters share."""
    having: dict[str, set[str]] = {}
    for text, cluster in zip(texts, clusters, strict=True):
        for run in runs(text, min(WORDS, len(text))):
            having.setdefault(run, set()).add(cluster)
    return frozenset(run for run, sharing in having.items() if len(sharing) > MOST_CLUSTERS)


def _flat(lists: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    """The hashes of all words, one text after the other, and the number of words of each text."""
    return lists.flatten().to_numpy(), lists.value_lengths().to_numpy().astype(np.int64)


def _leak(known: Known, dataset: str, hit: Hit, kind: LeakKind, detail: str, score: float) -> EvaluationLeak:
    return EvaluationLeak(
        suite=known.suite,
        item_id=known.item_id,
        variant=known.variant,
        part=known.part,
        training_dataset=dataset,
        row_id=hit.row_id,
        text_column=hit.text_column,
        kind=kind,
        detail=detail[:_SHOWN],
        score=round(score, 4),
    )


EVALUATION_LEAKS = Method(run=make_leaks, settings=LeakSettings, rows=EvaluationLeak)
