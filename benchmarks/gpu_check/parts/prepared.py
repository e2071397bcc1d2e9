"""The random models and the rows of all runs, in a state of their own."""

import os
import shutil
import time
from collections.abc import Sequence

from benchmarks.gpu_check.models import write_base, write_scorer
from benchmarks.gpu_check.part import Bench, PartFailed
from benchmarks.gpu_check.rows import DATASETS, rows
from benchmarks.sides.figure import Figure
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import VerifiedPair
from datasets_registry.rows.row import Row
from datasets_registry.state import State
from datasets_registry.version import IMPORT, Derivation
from generation.models.folder import fingerprint

GIVEN = Derivation(code_version=f"{IMPORT}check", settings={}, inputs=())


def prepare(bench: Bench) -> Sequence[Figure]:
    """Write the models, and commit them and the rows."""
    free = shutil.disk_usage(bench.folder).free / 1e9
    if free < bench.size.disk_gb:
        raise PartFailed(
            f"{bench.folder} has {free:.0f} GB free and this size needs {bench.size.disk_gb:g}: name a "
            "larger disk by --out, or take --size smallest"
        )
    begun = time.perf_counter()
    write_base(bench.base, bench.size.shape, bench.size.mean_length)
    write_scorer(bench.scorer, bench.base)
    _commit(bench)
    size = sum(path.stat().st_size for path in bench.base.iterdir()) / 1e9
    return [
        Figure(name="base model", value=size, unit="GB"),
        Figure(name="writing, hashing and committing", value=time.perf_counter() - begun, unit="s"),
        Figure(name="disk free before", value=free, unit="GB"),
    ]


def _commit(bench: Bench) -> None:
    os.environ["TRIMTAB_HOME"] = str(bench.state)
    registry = Registry(State(bench.state).prepare())
    for model, folder in (("base_policy", bench.base), ("reward_model", bench.scorer)):
        registry.record_checks(registry.commit_model(model, folder, fingerprint(folder), GIVEN), [])
    number = 2 * bench.size.steps * bench.size.batch_size
    kinds: set[type[Row]] = {VerifiedPair, *DATASETS.values()}
    for kind in kinds:
        registry.record_checks(registry.commit(kind, rows(kind, number, bench.size.length), GIVEN), [])
