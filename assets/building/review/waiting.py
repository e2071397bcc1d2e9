"""What waits for people's reviews without failing: a run leaves it out, and says so."""

from collections.abc import Callable, Iterator

import dagster as dg

from assets.building.opening import CAUSE
from datasets_registry.errors import ReviewsWait

Materialize = Callable[[dg.AssetExecutionContext], dg.MaterializeResult[None]]


def waiting_asset(asset: dg.AssetsDefinition, materialize: Materialize) -> dg.AssetsDefinition:
    """The asset as one that a run leaves out, with what is made of it, where nobody has reviewed yet."""
    (spec,) = asset.specs

    # Dagster lets only an asset of several leave out its checks with itself
    @dg.multi_asset(
        name=asset.op.name,
        specs=[spec.replace_attributes(skippable=True)],
        check_specs=list(asset.check_specs),
        can_subset=True,
    )
    def wait_or_materialize(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        try:
            yield materialize(context)
        except dg.Failure as failure:
            if not _waits(failure):
                raise
            context.log.warning(f"{spec.key.to_user_string()} waits: {failure.description}")

    return wait_or_materialize


def _waits(failure: dg.Failure) -> bool:
    cause = failure.metadata.get(CAUSE)
    return cause is not None and cause.value == ReviewsWait.__name__
