"""Checks of what people import: of each file as a whole, and of the rows by their type."""

from datasets_registry.importing.rejection import MOST_REJECTED
from datasets_registry.version import Derivation
from quality.checks.check import Check
from quality.checks.rules import blank, no_empty, no_rows

# rows from before answers had calls have no such column
_CALLS = {
    "completion": "to_json(this)->>'tool_calls'",
    "chosen": "to_json(this)->>'chosen_tool_calls'",
    "rejected": "to_json(this)->>'rejected_tool_calls'",
}


def _answers(dataset: str, *columns: str) -> Check:
    """No row with a blank prompt, or a blank answer that calls no tools either."""
    empty = [blank("prompt"), *(f"{blank(one)} AND {_CALLS[one]} IS NULL" for one in columns)]
    return Check(
        dataset,
        "no_empty_text",
        f"SELECT count(*) FROM this WHERE {' OR '.join(empty)}",
        f"rows with an empty prompt, or an empty {' or '.join(columns)} that calls no tools either",
        at_most=0,
    )


def import_checks(how: Derivation) -> list[Check]:
    """The checks of a file as a whole, where its rows were imported and counted."""
    most = how.settings.get("most_rejected")
    return [rejected_rows(most)] if how.is_import and isinstance(most, int | float) else []


def rejected_rows(most: float = MOST_REJECTED) -> Check:
    """The share of a file's rows that were rejected is ``most`` at most."""
    return Check(
        "imports",
        "rejected_rows",
        "SELECT rejected / (accepted + rejected) FROM (SELECT"
        " CAST($settings->>'accepted' AS DOUBLE) AS accepted,"
        " CAST($settings->>'rejected' AS DOUBLE) AS rejected)",
        "files of which a larger share was rejected than was said to be acceptable",
        at_most=most,
    )


IMPORTED_CHECKS: tuple[Check, ...] = (
    no_rows("human_preferences"),
    _answers("human_preferences", "chosen", "rejected"),
    Check(
        "human_preferences",
        "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected AND"
        " to_json(this)->>'chosen_tool_calls' IS NOT DISTINCT FROM to_json(this)->>'rejected_tool_calls' AND"
        " to_json(this)->>'chosen_reasoning' IS NOT DISTINCT FROM to_json(this)->>'rejected_reasoning'",
        "pairs whose chosen and rejected are the same",
        at_most=0,
    ),
    no_rows("demonstrations"),
    _answers("demonstrations", "completion"),
    no_rows("unpaired_preferences"),
    _answers("unpaired_preferences", "completion"),
    Check(
        "unpaired_preferences",
        "both_labels",
        "SELECT count(DISTINCT accepted) FROM this",
        "answers that are all desirable, or none, from which nothing can be told apart",
        at_least=2,
        severity="warning",
    ),
    no_rows("stepwise_supervision"),
    no_empty("stepwise_supervision", "prompt"),
    Check(
        "stepwise_supervision",
        "lists_agree",
        "SELECT count(*) FROM this WHERE len(labels) <> len(completions) OR len(completions) = 0",
        "labels that are not one for each step, so that they are misplaced",
        at_most=0,
    ),
    Check(
        "stepwise_supervision",
        "first_error_follows",
        "SELECT count(*) FROM (SELECT first_error, nullif(list_position(labels, false), 0) AS wrong,"
        " nullif(list_position(list_transform(labels, lambda one: one IS NULL), true), 0) AS open FROM this)"
        " WHERE first_error IS DISTINCT FROM CASE WHEN wrong IS NULL AND open IS NULL THEN 0"
        " WHEN wrong IS NOT NULL AND (open IS NULL OR wrong < open) THEN wrong END",
        "first errors that do not follow from the labels",
        at_most=0,
    ),
)
