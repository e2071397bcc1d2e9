"""The watch of several rounds as one Markdown table: a row a figure, a column a round."""

from collections.abc import Sequence

from datasets_registry.plain_text import plain
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch

_MARKS = {"ok": "", "warn": " **warns**", "stop": " **stop**", "unmeasured": "–"}


def rounds_table(rows: Sequence[RoundWatch], verdicts: Sequence[Verdict] = ()) -> str:
    """The table of all figures by round, with the verdicts and released rounds first; empty without rows.

    Figures that no round has measured are named below it.
    """
    rounds = sorted({row.round for row in rows} | {verdict.round for verdict in verdicts})
    if not rounds:
        return ""
    measured = {(row.concern, row.figure, row.family) for row in rows if _is_measured(row)}
    cells = {(row.figure, row.family, row.round): _cell(row) for row in rows}
    lines = [
        _line("figure", [f"round {number}" for number in rounds]),
        _line("---", ["---"] * len(rounds)),
        *_verdict_lines(verdicts, rounds),
        *(
            _line(_named(figure, family), [cells.get((figure, family, number), "") for number in rounds])
            for _, figure, family in sorted(measured)
        ),
    ]
    missing = sorted({(row.concern, row.figure, row.family) for row in rows} - measured)
    below = ["", "Not measured: " + "; ".join(_named(*each[1:]) for each in missing)] if missing else []
    return "\n".join([*lines, *below])


def _verdict_lines(verdicts: Sequence[Verdict], rounds: Sequence[int]) -> list[str]:
    by_round = {verdict.round: verdict for verdict in verdicts}
    if not by_round:
        return []
    known = [by_round.get(number) for number in rounds]
    return [
        _line("verdict", [each.verdict if each else "" for each in known]),
        _line("released", [f"round {each.weights_round}" if each else "" for each in known]),
    ]


def _is_measured(row: RoundWatch) -> bool:
    return row.value is not None and row.change is not None


def _cell(row: RoundWatch) -> str:
    if not _is_measured(row):
        return _MARKS["unmeasured"]
    assert row.value is not None and row.change is not None
    moved = f"{row.change:+.1%}" if row.scale == "relative" else f"{row.change:+.3g}"
    beside = "" if row.scale == "value" else f" ({moved})"
    return f"{row.value:.3g}{beside}{_MARKS[row.outcome]}"


def _named(figure: str, family: str) -> str:
    """The figure in one line, whose text neither ends its cell nor steers what stands beside it."""
    name = figure if family == "all" else f"{figure}, {family}"
    return plain(" ".join(name.replace("|", "\\|").split()))


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join((name, *cells))} |"
