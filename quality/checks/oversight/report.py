"""Checks of the report on oversight: figures recomputed, and judges and debaters found out, by name."""

from quality.checks.check import Check
from quality.checks.rules import no_rows
from quality.judges.bounds import LEAST_GROUPS

# of each question the mean of its judged seatings, of each group the mean of its questions
_CREDITS = (
    "SELECT judge, kind, protocol, question_id, split_group, avg(credit) AS credit, count(*) AS num_seatings,"
    " count(credit) AS num_judged FROM debates JOIN (SELECT question_id, split_group"
    " FROM oversight_questions) USING (question_id) GROUP BY ALL"
)
_GROUPS = (
    "SELECT judge, kind, protocol, split_group, avg(credit) AS credit, count(credit) AS num_questions,"
    f" sum(num_seatings - num_judged) AS num_void FROM ({_CREDITS}) GROUP BY ALL"
)
_ACCURACY = (
    "SELECT judge AS of, kind, protocol AS part, avg(credit) AS again, sum(num_questions) AS num_questions,"
    f" sum(num_void) AS num_void FROM ({_GROUPS}) GROUP BY judge, kind, protocol"
)
_OUTSIDE = (
    f"(coalesce(high < at_least, false) OR coalesce(low > at_most, false)) AND num_groups >= {LEAST_GROUPS}"
)

REPORT_CHECKS: tuple[Check, ...] = (
    no_rows("oversight_report"),
    Check(
        "oversight_report",
        "accuracy_recomputed",
        "SELECT count(*) FROM (SELECT * FROM this WHERE figure = 'accuracy' AND role = 'judge') AS figures"
        f" FULL JOIN ({_ACCURACY}) USING (of, kind, part) WHERE figures.figure IS NULL"
        " OR num_items IS DISTINCT FROM num_questions OR num_missing IS DISTINCT FROM num_void"
        " OR (value IS NULL) <> (again IS NULL) OR coalesce(abs(value - again) > 1e-9, false)",
        "accuracies that are not those of the debates, or that count no void ones",
        at_most=0,
        reads=("debates", "oversight_questions"),
    ),
    Check(
        "oversight_report",
        "values_in_interval",
        "SELECT count(*) FROM this WHERE low IS NOT NULL AND coalesce(value < low OR value > high, true)",
        "figures outside their own interval",
        at_most=0,
    ),
    Check(
        "oversight_report",
        "flags_recomputed",
        f"SELECT count(*) FROM this WHERE flagged <> ({_OUTSIDE})",
        "findings whose interval is not outside the bounds, and missed ones",
        at_most=0,
    ),
    Check(
        "oversight_report",
        "no_judge_found_out",
        "SELECT count(*) FROM this WHERE flagged AND role = 'judge'",
        "judges that decide by the seat or by length, or that debaters mislead"
        " (`trimtab judges --oversight` names them)",
        at_most=0,
        severity="warning",
    ),
    Check(
        "oversight_report",
        "no_debater_found_out",
        "SELECT count(*) FROM this WHERE flagged AND role = 'debater'",
        "debaters that forge quotes, repeat, give up, leak their side or choose to argue for what is wrong"
        " (`trimtab judges --oversight` names them)",
        at_most=0,
        severity="warning",
    ),
)
