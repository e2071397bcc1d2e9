"""The watch of several rounds as one Markdown table: a row a figure, a column a round."""

from collections.abc import Sequence

from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch

_MARKS = {"ok": "", "warn": " **warns**", "stop": " **stop**", "unmeasured": "not measured"}


def rounds_table(rows: Sequence[RoundWatch], verdicts: Sequence[Verdict] = ()) -> str:
    """The table of all figures by round, with the verdicts and released rounds first; empty without rows."""
    rounds = sorted({row.round for row in rows} | {verdict.round for verdict in verdicts})
    if not rounds:
        return ""
    figures = sorted({(row.concern, row.figure, row.family) for row in rows})
    cells = {(row.figure, row.family, row.round): _cell(row) for row in rows}
    lines = [
        _line("figure", [f"round {number}" for number in rounds]),
        _line("---", ["---"] * len(rounds)),
        *_verdict_lines(verdicts, rounds),
        *(
            _line(_named(figure, family), [cells.get((figure, family, number), "") for number in rounds])
            for _, figure, family in figures
        ),
    ]
    return "\n".join(lines)


def _verdict_lines(verdicts: Sequence[Verdict], rounds: Sequence[int]) -> list[str]:
    by_round = {verdict.round: verdict for verdict in verdicts}
    if not by_round:
        return []
    known = [by_round.get(number) for number in rounds]
    return [
        _line("verdict", [each.verdict if each else "" for each in known]),
        _line("released", [f"round {each.weights_round}" if each else "" for each in known]),
    ]


def _cell(row: RoundWatch) -> str:
    if row.value is None or row.change is None:
        return _MARKS["unmeasured"]
    moved = f"{row.change:+.1%}" if row.scale == "relative" else f"{row.change:+.3g}"
    beside = "" if row.scale == "value" else f" ({moved})"
    return f"{row.value:.3g}{beside}{_MARKS[row.outcome]}"


def _named(figure: str, family: str) -> str:
    return figure if family == "all" else f"{figure}, {family}"


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, (name, *cells)))} |"


def _plain(text: str) -> str:
    """A text that neither ends its cell nor its row."""
    return " ".join(text.replace("|", "\\|").split())
