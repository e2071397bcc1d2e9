"""The page of a check: what the machine is, how each part came out, and every figure with its goal."""

from collections.abc import Iterator

from benchmarks.gpu_check.part import Report, Result
from benchmarks.sides.figure import Figure

_MARKS = {"pass": "pass", "miss": "**MISS**", "failed": "**FAILED**", "out of time": "**OUT OF TIME**"}


def page(report: Report) -> str:
    """The report as Markdown."""
    return "\n".join([*_head(report), "", *_overview(report), "", *_figures(report), ""])


def _head(report: Report) -> Iterator[str]:
    machine, size = report.machine, report.size
    cards = ", ".join(f"{card.model} ({card.memory_gb:g} GB)" for card in machine.cards) or "no CUDA card"
    yield "# Check of the GPU paths"
    yield ""
    yield f"- result: {'red: ' + ', '.join(report.red) if report.red else 'nothing failed'}"
    yield f"- begun: {report.begun}, {report.seconds:.0f} s"
    yield f"- cards: {cards}"
    yield f"- driver: {machine.driver or 'none found'}; torch's CUDA: {machine.cuda or 'none'}"
    yield f"- host: {machine.cores} cores, {machine.memory_gb:g} GB of memory"
    weights = f"{_number(size.shape.num_weights / 1e6)} million weights"
    yield f"- size: {size.label}: {weights} in {size.shape.layers} layers"
    if not machine.on_gpu:
        yield "- no part has a card: they run on the CPU, two at once, and no time says anything of one"
    if report.red:
        yield "- what each part wrote is in `logs/`, beside this page; docs/gpu.md says what to do"
    yield f"- libraries: {', '.join(f'{name} {version}' for name, version in machine.libraries.items())}"
    if machine.on_gpu and machine.peak_tflops is None:
        yield f"- MFU is not stated: no peak is known for {machine.cards[0].model}"


def _overview(report: Report) -> Iterator[str]:
    yield "| part | result | seconds | why |"
    yield "|---|---|---|---|"
    for result in report.parts:
        yield f"| {result.part} | {_mark(result)} | {result.seconds:.0f} | {_cell(result.reason or '')} |"


def _figures(report: Report) -> Iterator[str]:
    yield "| part | figure | value | unit | goal | holds |"
    yield "|---|---|---|---|---|---|"
    for result in report.parts:
        for figure in result.figures:
            yield f"| {result.part} | {_cell(figure.name)} | {_row(figure)} |"


def _mark(result: Result) -> str:
    return _MARKS.get(result.outcome, result.outcome)


def _row(figure: Figure) -> str:
    value = "not known" if figure.value is None else _number(figure.value)
    holds = {True: "yes", False: "**no**", None: ""}[figure.holds]
    return f"{value} | {figure.unit} | {figure.goal or ''} | {holds}"


def _number(value: float) -> str:
    """Three digits, and no exponent where a person needs none."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1e}" if 0 < abs(value) < 1e-3 else f"{value:.3g}"


def _cell(text: str) -> str:
    """Text that keeps a table's cell: no line's end and no bar."""
    return " ".join(text.split()).replace("|", "\\|")
