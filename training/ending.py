"""Whether what a policy learns ends its turns."""

from collections.abc import Sequence
from typing import Any

from datasets_registry.errors import BadInput
from training.run import Run


def require_ending(run: Run, tokenizer: Any, learned: Sequence[int]) -> None:
    """Raise BadInput unless the ``learned`` tokens end the turn at last: else a policy would never stop."""
    # a template may put a line break behind the end
    if tokenizer.eos_token_id not in learned[-2:]:
        raise BadInput(
            f"the chat template of {run.base} ends a turn with {tokenizer.decode(learned[-1:])!r} and not "
            f"with eos_token {tokenizer.eos_token!r}, so the policy would never stop: set eos_token to it"
        )
