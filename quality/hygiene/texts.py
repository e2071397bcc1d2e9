"""The texts that models learn from: which columns of which datasets, and one table of all."""

from dataclasses import dataclass

import duckdb

from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.oversight.amplified import AmplifiedLabel
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.views.scanning import column, quoted
from quality.hygiene.words import normalised


@dataclass(frozen=True)
class LabelDataset:
    """A dataset that trains a model: its prompt and its completions, of which the first is learned.

    ``siblings`` names the column by which rows share a prompt on purpose; None where there is none. Answers
    of a word or two ``repeat`` each other, and are no duplicates.
    """

    row: type[Row]
    completions: tuple[str, ...]
    prompt: str = "prompt"
    siblings: str | None = "prompt_id"
    repeat: bool = False

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.row.dataset

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column with text, the prompt first."""
        return (self.prompt, *self.completions)

    @property
    def is_of_prompts(self) -> bool:
        """Whether its prompts are those of prompt sets, and not questions or problems."""
        return self.siblings == "prompt_id"

    def texts(self, table: str) -> str:
        """SQL of one row per text of ``table``, which has this dataset's rows."""
        key = ", ".join(f"{column(part)}::VARCHAR" for part in self.row.key)
        return " UNION ALL ".join(
            f"SELECT {quoted(self.name)} AS label_dataset, {quoted(text)} AS text_column,"
            f" concat_ws('/', {key}) AS row_id, {self._sibling(text)} AS sibling,"
            f" {column(text)} AS text, {normalised(column(text))} AS words,"
            f" {text == self.prompt} AS is_prompt, {self.repeat and text != self.prompt} AS may_repeat"
            f" FROM {column(table)} WHERE {column(text)} IS NOT NULL"
            for text in self.columns
        )

    def _sibling(self, text: str) -> str:
        if self.siblings is None or text != self.prompt:
            return "NULL"
        return f"{column(self.siblings)}::VARCHAR"


# a later label dataset is one more entry here, and one more input of data_hygiene
LABELS = (
    LabelDataset(SftExample, ("completion",)),
    LabelDataset(PreferencePair, ("chosen", "rejected")),
    # several policies may solve one problem
    LabelDataset(OversightPreference, ("chosen", "rejected"), siblings="problem_id"),
    LabelDataset(AmplifiedLabel, ("completion",), siblings="problem_id", repeat=True),
)


def load_texts(connection: "duckdb.DuckDBPyConnection", labels: tuple[LabelDataset, ...] = LABELS) -> None:
    """Create the table ``texts`` of all texts of ``labels``, from views named as the datasets."""
    union = " UNION ALL ".join(label.texts(label.name) for label in labels)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE texts AS {union}")


def learned(labels: tuple[LabelDataset, ...] = LABELS) -> str:
    """SQL condition that selects the texts that a model learns to write."""
    pairs = (f"({quoted(label.name)}, {quoted(label.completions[0])})" for label in labels)
    return f"(label_dataset, text_column) IN ({', '.join(pairs)})"
