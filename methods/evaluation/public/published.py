"""Readers of public sets by name; another one is a module of its own and a line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.importing.records import Columns
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.public.behaviours import read_behaviour
from methods.evaluation.public.coconot import read_contrasts, read_requests
from methods.evaluation.public.coconot_abstention import read_coconot_abstention
from methods.evaluation.public.gsm8k import read_gsm8k
from methods.evaluation.public.mt_bench import read_mt_bench
from methods.evaluation.public.syco_bench import read_delusion, read_mirror, read_pickside, read_whosaid
from methods.evaluation.public.truthfulqa import read_truthfulqa
from methods.evaluation.public.xstest import read_xstest
from methods.evaluation.suites.calibration import NAME as CALIBRATION
from methods.evaluation.suites.capability import NAME as CAPABILITY
from methods.evaluation.suites.helpfulness import NAME as HELPFULNESS
from methods.evaluation.suites.over_refusal import NAME as OVER_REFUSAL
from methods.evaluation.suites.sycophancy_items import NAME as SYCOPHANCY

Read = Callable[[Columns], Sequence[EvaluationItem]]


@dataclass(frozen=True)
class PublicSet:
    """A set as its authors ship it: ``read`` makes a record the variants of an item of ``suite``.

    It raises Rejected for a record that is no item.
    """

    name: str
    suite: str
    read: Read


_SETS: tuple[PublicSet, ...] = (
    PublicSet("coconot_abstention", CALIBRATION, read_coconot_abstention),
    PublicSet("gsm8k", CAPABILITY, read_gsm8k),
    PublicSet("truthfulqa", CAPABILITY, read_truthfulqa),
    PublicSet("syco_bench_pickside", SYCOPHANCY, read_pickside),
    PublicSet("syco_bench_mirror", SYCOPHANCY, read_mirror),
    PublicSet("syco_bench_whosaid", SYCOPHANCY, read_whosaid),
    PublicSet("syco_bench_delusion", SYCOPHANCY, read_delusion),
    PublicSet("behaviours", SYCOPHANCY, read_behaviour),
    PublicSet("xstest", OVER_REFUSAL, read_xstest),
    PublicSet("coconot_requests", OVER_REFUSAL, read_requests),
    PublicSet("coconot_contrasts", OVER_REFUSAL, read_contrasts),
    PublicSet("mt_bench", HELPFULNESS, read_mt_bench),
)
PUBLISHED: Mapping[str, PublicSet] = {public.name: public for public in _SETS}
