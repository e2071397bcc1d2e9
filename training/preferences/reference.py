"""The model that a preference trainer compares with: its base, or another one that the config names."""

from datasets_registry.errors import BadInput
from generation.models.limits import read_table
from generation.templates.opening import read_tokenizer
from generation.tokenizer import Tokenizer
from training.running.protocols import TrainableModel
from training.running.run import AnyRun
from training.running.trainer import load_weights


def require_comparable(run: AnyRun, tokenizer: Tokenizer) -> None:
    """Raise BadInput unless the named reference is a language model with the base's token ids.

    It reads the very tokens that the policy learns, under ids of the base's tokenizer.
    """
    if run.reference is None:
        return
    folder = run.registry.folder(run.reference)
    if read_tokenizer(folder).get_vocab() != tokenizer.get_vocab():
        raise BadInput(
            f"{run.config.name}: the vocabulary of the reference {run.reference} is not that of {run.base}: "
            "take a reference of the same family, or leave reference out, and it is the base"
        )
    for kind in read_table(folder / "config.json").get("architectures") or []:
        if str(kind).endswith("Classification"):
            raise BadInput(
                f"{run.config.name}: the reference {run.reference} is a {kind}, which scores and says "
                "nothing: name a policy"
            )


def load_reference(run: AnyRun) -> TrainableModel | None:
    """The named reference's weights, in the dtype in which the base's are.

    None where the base is the reference, by name or by content: trainers need no second model then.
    """
    if run.reference is None or run.reference.data_version == run.base.data_version:
        return None
    return load_weights(run, run.registry.folder(run.reference), "AutoModelForCausalLM")
