"""What is drawn of the rows of a dataset: confidence, margins, lengths and position, each on its scale."""

from collections.abc import Mapping
from dataclasses import dataclass

from datasets_registry.rows.cai import RevisionStep, SftExample
from datasets_registry.rows.prm import StepLabels, StepRollout
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from studio.queries.distributions import Measure, Scale, Series


@dataclass(frozen=True)
class Measured:
    """What is drawn of a dataset's rows, and what these are called."""

    noun: str
    measures: tuple[Measure, ...]


_LABELLED, _TIE = "label IN ('a', 'b')", "label = 'tie'"
_ORDERS = ("logit_ab", "logit_ba")
_TWENTIETHS = Scale(0.0, 0.05, 20)
_TENTHS = Scale(0.0, 0.1, 10)
# five bins to each power of ten, up to 100,000
_LENGTH = Scale(0.0, 0.2, 25, is_log=True, is_open=True)
_SCORE = Scale(1.0, 0.5, 18)
_STEPS = Scale(1.0, 1.0, 15, is_open=True)
# labels that are null are of steps that nobody judged
_RIGHT = (
    "list_avg(list_transform(list_filter(labels, lambda held: held IS NOT NULL), lambda held: held::INT))"
)


def _lengths(longer: str, first: str, one: str, second: str, other: str) -> Measure:
    """Characters of the column ``one`` against those of ``other``, each by what it is called."""
    both = f"length({one})", f"length({other})"
    return Measure(
        "Lengths",
        "characters, logarithmic",
        _LENGTH,
        (Series(first, both[0]), Series(second, both[1])),
        (one, other),
        shares=((longer, f"{both[0]} > {both[1]}"),),
    )


def _by_verdict(sql: str) -> tuple[Series, Series]:
    """What the verifier accepted against what it rejected."""
    return Series("accepted", sql, "accepted"), Series("rejected", sql, "NOT accepted")


def _tokens(what: str) -> Measure:
    return Measure(
        f"Lengths of {what}",
        "tokens, logarithmic",
        _LENGTH,
        _by_verdict("num_tokens"),
        ("num_tokens", "accepted"),
    )


def _scores(name: str) -> Measure:
    series = (Series("drafts", f"draft_{name}"), Series("revisions", name))
    return Measure(
        name.capitalize(),
        "score by the judge",
        _SCORE,
        series,
        (f"draft_{name}", name),
        shares=(("the revision scores higher", f"{name} > draft_{name}"),),
    )


MEASURES: Mapping[str, Measured] = {
    PreferencePair.dataset: Measured(
        "pairs",
        (
            Measure(
                "Confidence",
                "|p − ½|, with p the probability that a is better",
                Scale(0.0, 0.05, 10),
                (Series("labelled", "abs(p_a - 0.5)", _LABELLED), Series("ties", "abs(p_a - 0.5)", _TIE)),
                ("p_a", "label"),
            ),
            Measure(
                "Margin",
                "log odds of the better completion, mean of both orders",
                Scale(0.0, 0.5, 16, is_open=True),
                (
                    Series("labelled", "abs(logit_ab + logit_ba) / 2", _LABELLED),
                    Series("ties", "abs(logit_ab + logit_ba) / 2", _TIE),
                ),
                (*_ORDERS, "label"),
            ),
            _lengths("the chosen one is longer", "chosen", "chosen", "rejected", "rejected"),
            Measure(
                "Position",
                "P(a is better), a shown first",
                _TENTHS,
                (Series("pairs", "1 / (1 + exp(-logit_ab))", "logit_ba IS NOT NULL"),),
                _ORDERS,
                against=Series("P(a is better), a shown second", "1 / (1 + exp(-logit_ba))"),
                shares=(
                    ("the one shown first wins", "((logit_ab > 0)::INT + (logit_ba < 0)::INT) / 2"),
                    ("both orders agree", "logit_ab * logit_ba > 0"),
                ),
                note="Less the position bias; below the diagonal whichever stands first is favoured.",
            ),
        ),
    ),
    AiJudgement.dataset: Measured(
        "verdicts",
        (
            Measure(
                "Position",
                "probability that the one shown first is better, raw",
                _TWENTIETHS,
                (
                    Series("on different completions", "p_first", "\"order\" IN ('ab', 'ba')"),
                    Series("on the same one twice", "p_first", "\"order\" IN ('aa', 'bb')"),
                ),
                ("p_first", "order"),
                shares=(
                    (
                        "the one shown first wins",
                        "CASE WHEN \"order\" IN ('ab', 'ba') THEN verdict = 'first' END",
                    ),
                ),
            ),
        ),
    ),
    CompletionPair.dataset: Measured(
        "pairs", (_lengths("a is longer", "completions a", "completion_a", "completions b", "completion_b"),)
    ),
    RevisionStep.dataset: Measured(
        "revisions",
        (
            _lengths("the revision is longer", "revisions", "revision", "drafts", "draft"),
            Measure(
                "Changes",
                "characters changed, logarithmic",
                _LENGTH,
                (Series("revisions", "edit_distance"),),
                ("edit_distance",),
            ),
            _scores("harmlessness"),
            _scores("helpfulness"),
        ),
    ),
    SftExample.dataset: Measured(
        "completions",
        (
            Measure(
                "Lengths",
                "tokens, logarithmic",
                _LENGTH,
                (Series("completions", "num_tokens"),),
                ("num_tokens",),
            ),
        ),
    ),
    Candidate.dataset: Measured(
        "samples",
        (
            _tokens("samples"),
            Measure(
                "Pass rate",
                "pass rate of the sample’s problem",
                _TENTHS,
                _by_verdict("pass_rate"),
                ("pass_rate", "accepted"),
            ),
        ),
    ),
    StepRollout.dataset: Measured("rollouts", (_tokens("rollouts"),)),
    StepLabels.dataset: Measured(
        "solutions",
        (
            Measure(
                "Steps",
                "steps of the solution",
                _STEPS,
                _by_verdict("len(completions)"),
                ("completions", "accepted"),
            ),
            Measure(
                "First error",
                "step that is wrong first",
                _STEPS,
                (
                    Series("by rollouts", "nullif(first_error, 0)"),
                    Series("by the judge", "nullif(judge_first_error, 0)"),
                ),
                ("first_error", "judge_first_error"),
            ),
            Measure(
                "Steps labelled right",
                "share of a solution’s labelled steps",
                _TENTHS,
                (Series("solutions", _RIGHT),),
                ("labels",),
            ),
        ),
    ),
}

# what is drawn of any other rows that have such texts
_TEXTS = (
    _lengths("the chosen one is longer", "chosen", "chosen", "rejected", "rejected"),
    Measure(
        "Lengths",
        "characters, logarithmic",
        _LENGTH,
        (Series("completions", "length(completion)"),),
        ("completion",),
    ),
)


def measured(dataset: str, columns: Mapping[str, str]) -> Measured:
    """What can be drawn of rows with these columns, by their SQL types; it may be nothing."""
    if dataset in MEASURES:
        noun, measures = MEASURES[dataset].noun, MEASURES[dataset].measures
        return Measured(noun, tuple(each for each in measures if columns.keys() >= set(each.needs)))
    texts = {name for name, kind in columns.items() if kind == "VARCHAR"}
    return Measured("rows", tuple(each for each in _TEXTS if texts >= set(each.needs)))
