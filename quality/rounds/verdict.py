"""The verdict on a round: whether it goes on, decided by its watch alone, with the figures that decided.

Where several reasons hold at once, the first of ``ORDER`` names the verdict and the others stand among its
warnings: a cause comes before what it brings about, as refusals lower lengths and capability.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from datasets_registry.errors import BadInput
from datasets_registry.rows.rounds.verdict import DecidingFigure, RoundVerdict, Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from methods.method import Inputs, Method, Models
from quality.rounds.capability import CAPABILITY_ALL, GAIN
from quality.rounds.history import released_before, stopped_before
from quality.rounds.rewards import PROXY_REWARD
from quality.rounds.settings import VerdictRules, VerdictSettings

Rows = Sequence[RoundWatch]
# without any of these nothing is known of a policy
_MEASURE_HEALTH = ("capability", "over_refusal", "length", "diversity", "entropy")
# they say that something moved far, and not whether answers became alike or noise
_WITHOUT_DIRECTION = ("training", "divergence")
# signs of collapse that decide where several agree, and capability does not rise
_SIGNS = ("diversity", "entropy", *_WITHOUT_DIRECTION)
# what a verdict is called in words
WORDS: Mapping[RoundVerdict, str] = {
    "go_on": "goes on",
    "stop_over_refusal": "stops: it refuses benign requests",
    "stop_hacking": "stops: the reward in training rises while the held-out one falls",
    "stop_collapse": "stops: its answers collapse",
    "stop_tax": "stops: it lost capability",
    "stop_wrong_labels": "stops: too few of its labels are right",
    "stop_no_pairs": "stops: hardly a prompt gives something to learn",
    "stop_no_gain": "stops: it gains nothing more",
}


def make_verdict(inputs: Inputs, models: Models, settings: VerdictSettings) -> list[Verdict]:
    """The verdict; behind a round that stopped, that round's verdict once more.

    Roles: ``round_watch`` of this round and of earlier ones, ``verdict`` of earlier rounds.
    """
    verdicts = inputs.rows(Verdict)
    stopped = stopped_before(verdicts, settings.round)
    if stopped is not None:
        return [passed_on(stopped, settings.round)]
    released = released_before(verdicts, settings.round)
    return [decide(settings.round, inputs.rows(RoundWatch), released, settings.rules)]


def passed_on(stopped: Verdict, round_number: int) -> Verdict:
    """The verdict on a round behind one that stopped: it passes on what that one released."""
    why = f"round {stopped.stopped_in} {WORDS[stopped.verdict]}; round {round_number} passes on its weights"
    return stopped.model_copy(update={"round": round_number, "why": why, "warnings": []})


def decide(round_number: int, rows: Rows, released: int, rules: VerdictRules) -> Verdict:
    """The verdict by the watch of the round and of those before; a stop releases round ``released``.

    Raises BadInput where nothing of the round is measured, unless the rules allow it.
    """
    own = [row for row in rows if row.round == round_number]
    _require_measured(round_number, own, rules)
    reasons = {
        verdict: figures
        for verdict in ORDER
        if (figures := _DECIDING[verdict](round_number, rows, own, rules))
    }
    verdict: RoundVerdict = next(iter(reasons), "go_on")
    decided = list(map(_deciding, reasons.pop(verdict, ())))
    stops = verdict != "go_on"
    return Verdict(
        round=round_number,
        verdict=verdict,
        decided=decided,
        why=_why(round_number, verdict, decided),
        warnings=[*_also(reasons), *_warned(own, decided), *_unknown_gain(round_number, rows, rules)],
        stopped_in=round_number if stops else None,
        weights_round=released if stops else round_number,
    )


def _require_measured(round_number: int, own: Rows, rules: VerdictRules) -> None:
    measured = any(row.concern in _MEASURE_HEALTH and row.outcome != "unmeasured" for row in own)
    if not measured and not rules.allow_unmeasured:
        raise BadInput(
            f"round {round_number}: neither capability, refusals, lengths nor diversity of its policy are "
            "measured: evaluate it on these suites, or set allow_unmeasured"
        )


def _of_concern(concern: str) -> Callable[[int, Rows, Rows, VerdictRules], Rows]:
    """The figures of a concern that are beyond what stops."""

    def deciding(round_number: int, rows: Rows, own: Rows, rules: VerdictRules) -> Rows:
        return [row for row in own if row.concern == concern and row.outcome == "stop"]

    return deciding


def _collapsed(round_number: int, rows: Rows, own: Rows, rules: VerdictRules) -> Rows:
    """Lengths decide alone; other signs where enough agree, and capability is not seen to rise."""
    lengths = [row for row in own if row.concern == "length" and row.outcome == "stop"]
    signs = [row for row in own if row.concern in _SIGNS and row.outcome == "stop"]
    directions = {(row.change or 0.0) > 0 for row in signs if row.concern not in _WITHOUT_DIRECTION}
    agree = len(signs) >= rules.agreeing and len(directions) == 1
    return [*lengths, *(signs if agree and not _rises(own) else [])]


def _rises(own: Rows) -> bool:
    """Whether capability is seen to rise: learning what is right makes answers alike."""
    return any(row.figure == CAPABILITY_ALL and row.low is not None and row.low > 0 for row in own)


def _hacked(round_number: int, rows: Rows, own: Rows, rules: VerdictRules) -> Rows:
    """The held-out reward falls while that in training rises."""
    rising = [row for row in own if row.figure == PROXY_REWARD and row.low is not None and row.low > 0]
    falling = [row for row in own if row.concern == "reward" and row.figure != PROXY_REWARD]
    falling = [row for row in falling if row.outcome == "stop"]
    return [*falling, *rising] if rising and falling else []


def _gains_nothing(round_number: int, rows: Rows, own: Rows, rules: VerdictRules) -> Rows:
    """The last rounds together gain no more than the least by the interval of their sum."""
    gains = _gains(round_number, rows, rules)
    known = [(row.change, row.low) for row in gains if row.change is not None and row.low is not None]
    if rules.patience is None or len(known) < rules.patience:
        return []
    total = sum(change for change, _ in known)
    half = sum((change - low) ** 2 for change, low in known) ** 0.5
    return gains if total - half <= rules.least_gain else []


def _gains(round_number: int, rows: Rows, rules: VerdictRules) -> Rows:
    first = round_number - (rules.patience or 0)
    return [row for row in rows if row.figure == GAIN and first < row.round <= round_number]


def _unknown_gain(round_number: int, rows: Rows, rules: VerdictRules) -> Iterator[str]:
    """That a gain is wanted and not measured."""
    if rules.patience is None or round_number < rules.patience:
        return
    known = {row.round for row in _gains(round_number, rows, rules) if row.low is not None}
    lacking = [
        each for each in range(round_number - rules.patience + 1, round_number + 1) if each not in known
    ]
    for each in lacking:
        yield f"the gain of round {each} is not measured, so that no lack of gain can stop"


_DECIDING: Mapping[RoundVerdict, Callable[[int, Rows, Rows, VerdictRules], Rows]] = {
    "stop_over_refusal": _of_concern("over_refusal"),
    "stop_hacking": _hacked,
    "stop_collapse": _collapsed,
    "stop_tax": _of_concern("capability"),
    "stop_wrong_labels": _of_concern("labels"),
    "stop_no_pairs": _of_concern("yield"),
    "stop_no_gain": _gains_nothing,
}
ORDER = tuple(_DECIDING)


def _deciding(row: RoundWatch) -> DecidingFigure:
    below = row.change is not None and row.stop_below is not None and row.change < row.stop_below
    return DecidingFigure(
        figure=row.figure,
        family=row.family,
        value=row.value,
        baseline=row.baseline,
        change=row.change,
        low=row.low,
        high=row.high,
        bound=row.stop_below if below else row.stop_above,
    )


def _why(round_number: int, verdict: RoundVerdict, decided: Sequence[DecidingFigure]) -> str:
    figures = ", ".join(f"{_named(each.figure, each.family)} {each.change or 0.0:+.3g}" for each in decided)
    return f"round {round_number} {WORDS[verdict]}" + (f" ({figures})" if figures else "")


def _also(others: Mapping[RoundVerdict, Rows]) -> Iterator[str]:
    for verdict, rows in others.items():
        figures = ", ".join(_named(row.figure, row.family) for row in rows)
        yield f"also {verdict}: {figures}"


def _warned(own: Rows, decided: Sequence[DecidingFigure]) -> Iterator[str]:
    """Figures that warn, are signs to stop that did not decide, or could not be measured."""
    named = {(each.figure, each.family) for each in decided}
    for row in own:
        if row.outcome != "ok" and (row.figure, row.family) not in named:
            state = "is not measured" if row.outcome == "unmeasured" else f"is a sign to {row.outcome}"
            said = "warns" if row.outcome == "warn" else state
            yield f"{_named(row.figure, row.family)} {said}: {row.note}"


def _named(figure: str, family: str) -> str:
    return figure if family == "all" else f"{figure} of {family}"


VERDICT = Method(run=make_verdict, settings=VerdictSettings, rows=Verdict)
