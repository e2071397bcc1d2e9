"""What each asset of a profile takes before it is built, and without a card: hours, memory and disk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assets.building.declared import Dataset, Declared, Given, Released, Trained
from assets.building.grounds import Grounds
from assets.estimates.amount import Amount, Asked, Rows
from assets.estimates.calls import amounts
from assets.estimates.measured import measured
from assets.estimates.prices import made_rows
from assets.pipelines.whole import declare
from assets.preflight.disk import GB, given_bytes
from assets.profile.launch import Card
from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from generation.models.shapes import Shapes, UnknownShapes, find_shapes
from training.estimates.disk import checkpoints_bytes, model_bytes
from training.estimates.fitting import Fitted, Job, engine_bytes, fitted
from training.estimates.hours import Rates, reading_seconds, training_seconds, writing_seconds
from training.estimates.memory import Device
from training.settings.launch import Launch
from training.settings.online import OnlineSettings

# a trained model's base is read, its weights are written, and both are hashed
READS = 4
# sequences that an engine decodes at once where its settings do not say
AT_ONCE = 256
# of a row, with the completions behind it
ROW_BYTES = 4_000


@dataclass(frozen=True)
class Cost:
    """What an asset takes at most; None where it is not known, and ``assumes`` says by what it was counted.

    ``memory_gb`` is the peak on each device, ``disk_gb`` what stays and ``scratch_gb`` what goes again.
    """

    seconds: float | None = None
    memory_gb: float | None = None
    disk_gb: float | None = None
    scratch_gb: float = 0.0
    assumes: str = ""
    refusal: str | None = None


def costs_of(profile: Profile, registry: Registry) -> dict[str, Cost]:
    """What each asset of ``profile`` takes on its card, by name; nothing where it describes none."""
    if profile.card is None or profile.card_gb is None:
        return {}
    card, _ = measured(profile.card, registry.state.root)
    declared = {asset.name: asset for asset in Grounds(declare(profile)).ordered}
    return Estimator(profile, card, profile.card_gb * GB, registry).costs(declared)


class Estimator:
    """The costs of a profile's assets on its card."""

    def __init__(self, profile: Profile, card: Card, memory: float, registry: Registry) -> None:
        self._profile, self._card, self._memory, self._registry = profile, card, memory, registry
        self._rates = Rates(
            training=card.tflops * 1e12 * card.training_share,
            prefill=card.tflops * 1e12 * card.prefill_share,
            decoding=card.bandwidth_gb * GB * card.decoding_share,
            step_seconds=card.step_ms / 1000,
        )

    def costs(self, declared: Mapping[str, Declared]) -> dict[str, Cost]:
        """The cost of each asset, by name."""
        datasets = [asset for asset in declared.values() if isinstance(asset, Dataset)]
        made = made_rows(datasets, self._registry)
        found = amounts(datasets, made)
        return {name: self._cost(asset, found, made) for name, asset in declared.items()}

    def _cost(self, asset: Declared, found: Mapping[str, Amount], made: Mapping[str, Rows]) -> Cost:
        try:
            if isinstance(asset, Given):
                return self._given(asset.section)
            if isinstance(asset, Trained):
                rows = made.get(asset.section.dataset) or _rows(found.get(asset.section.dataset))
                return self._trained(asset, rows, is_made=asset.section.dataset in made)
            if isinstance(asset, Released):
                return Cost(0.0, None, 0.0, 0.0, assumes="no weights are copied")
            return self._dataset(asset, found.get(asset.name))
        except UnknownShapes as error:
            return Cost(assumes=str(error))

    def shapes(self, model: str) -> Shapes:
        """The shapes of the model that ``model`` goes back to; raises UnknownShapes."""
        given = self._profile.given(model)
        if given.hosted:
            raise UnknownShapes(f"{model} is hosted: its server's time is not counted")
        return find_shapes(given.model, self._registry.state.models, given.revision)

    def _given(self, section: GivenModel) -> Cost:
        if section.hosted:
            return Cost(0.0, assumes="one short call")
        shapes = find_shapes(section.model, self._registry.state.models, section.revision)
        size = given_bytes(section, shapes) / GB
        return Cost(size / self._card.disk_gb, None, size, assumes="the network is not counted")

    def _trained(self, model: Trained, rows: Rows | None, *, is_made: bool) -> Cost:
        if not model.section.training.learns:
            return self._averaged(model)
        job = self._job(model)
        cost = self._fitted(job)
        dataset, length = model.section.dataset, job.settings.max_length
        if rows is None:
            return replace(cost, assumes=f"{cost.assumes}; rows of {dataset} are not known yet")
        learning = training_seconds(
            job.settings, job.shapes, self._rates, rows.train, job.launch, checkpointing=True
        )
        moving = (READS * job.shapes.size() / GB + cost.scratch_gb) / self._card.disk_gb
        counted = f"{'' if is_made else 'at most '}{_used(job, rows):,} rows of {length} tokens"
        assumes = f"{counted}, at {self._card.training_share:g} of the peak; {cost.assumes}"
        return replace(cost, seconds=learning + moving, assumes=assumes)

    def _averaged(self, model: Trained) -> Cost:
        """Whole weights are read and written, and those of adapters are merged in between."""
        shapes = self.shapes(model.section.base)
        size, scratch = shapes.size("float32") / GB, checkpoints_bytes(model.section.training, shapes) / GB
        seconds = (READS * size + 2 * scratch) / self._card.disk_gb
        return Cost(seconds, None, size, scratch, assumes="every model is an adapter that is merged first")

    def _job(self, model: Trained) -> Job:
        section, launch = model.section, self._profile.launch.model_dump(include=set(Launch.model_fields))
        return Job(
            model.name,
            section.training,
            self.shapes(section.base),
            Device(),
            Launch.model_validate(launch),
            [self.shapes(each) for each in section.reward_models],
            reference=self.shapes(section.compared_with) if section.compared_with else None,
            engine=engine_bytes(section.training, section.sampler_engine, self._memory),
        )

    def _fitted(self, job: Job) -> Cost:
        """Memory and disk of a run, with as many rows at once as fit, or with the fewest where none do."""
        settings, refusal = job.settings, None
        try:
            fit = fitted(job, self._memory)
        except BadInput as error:
            fewest, refusal = settings.fewest_at_once, str(error)
            fit = Fitted(fewest, job.memory(fewest))
        return Cost(
            memory_gb=fit.memory.total / GB,
            disk_gb=model_bytes(settings, job.shapes) / GB,
            scratch_gb=checkpoints_bytes(settings, job.shapes) / GB,
            assumes=f"{fit.rows} rows at once: {fit.memory}",
            refusal=refusal,
        )

    def _dataset(self, dataset: Dataset, amount: Amount | None) -> Cost:
        if amount is None:
            return Cost(assumes="a kind of dataset that is not counted") if dataset.generates else Cost(0.0)
        disk = amount.rows.all * ROW_BYTES / GB
        if not amount.asked:
            return Cost(0.0, None, disk)
        engines = sorted({asked.model for asked in amount.asked})
        seconds = sum(map(self._asking, amount.asked)) + self._card.start_seconds * len(engines)
        calls = sum(asked.calls for asked in amount.asked)
        written = sum(asked.calls * asked.writes for asked in amount.asked)
        refusals = [refusal for refusal in map(self._refused, engines) if refusal]
        return Cost(
            seconds,
            max(map(self._serving, engines)) / GB,
            disk,
            assumes=f"at most {calls:,} calls, {written:,} tokens written, every text at its limit",
            refusal=refusals[0] if refusals else None,
        )

    def _asking(self, asked: Asked) -> float:
        """Seconds of these calls, over all replicas of the engine."""
        given, shapes = self._profile.given(asked.model), self.shapes(asked.model)
        at_once = min(given.engine.batch_size or AT_ONCE, max(1, asked.calls))
        length = asked.reads + asked.writes // 2
        reading = reading_seconds(shapes, self._rates, asked.calls * asked.reads)
        tokens = asked.calls * asked.writes
        writing = writing_seconds(shapes, self._rates, tokens, at_once, length, "bfloat16")
        if given.runs_on == "transformers":
            writing = max(writing, tokens / at_once * self._rates.step_seconds)
        return (reading + writing) / self._replicas(given)

    def _refused(self, model: str) -> str | None:
        """Why an engine of vLLM cannot hold ``model`` and one whole text; None where it can."""
        given, shapes = self._profile.given(model), self.shapes(model)
        if given.runs_on != "vllm":
            return None
        window = given.engine.max_model_len or shapes.window
        needed = (shapes.size() + window * shapes.cache()) / given.engine.tensor_parallel_size
        if needed <= self._serving(model):
            return None
        return (
            f"an engine of {model} needs {needed / GB:.1f} GB for its weights and one text of {window:,} "
            f"tokens, and has {self._serving(model) / GB:.1f} GB: lower max_model_len, raise "
            "gpu_memory_utilization, or split it by tensor_parallel_size"
        )

    def _replicas(self, given: GivenModel) -> int:
        """Engines side by side."""
        replicas = given.engine.replicas
        split = self._card.number // given.engine.tensor_parallel_size
        return max(1, split if replicas == "auto" else replicas)

    def _serving(self, model: str) -> float:
        """Bytes of a card that the engine of ``model`` fills."""
        given, shapes = self._profile.given(model), self.shapes(model)
        if given.runs_on == "vllm":
            return given.engine.gpu_memory_utilization * self._memory
        window = given.engine.max_model_len or shapes.window
        return shapes.size() + (given.engine.batch_size or AT_ONCE) * window * shapes.cache()


def _used(job: Job, rows: Rows) -> int:
    """The rows that a run takes of those that there are."""
    number = job.settings.number if isinstance(job.settings, OnlineSettings) else None
    return rows.train if number is None else min(number, rows.train)


def _rows(amount: Amount | None) -> Rows | None:
    return amount.rows if amount else None
