"""The row type of a policy's divergence from another: its own samples, with both models' likelihoods."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.row import Row, ledger_key


class Divergence(Row):
    """A sample of a policy, and how likely the policy and a reference find it."""

    dataset: ClassVar[str] = "divergence"
    grain: ClassVar[str] = (
        "One row per sample of a policy: its log-probability by the policy and by a reference model."
    )
    key: ClassVar[tuple[str, ...]] = ("prompt_id", "sample")

    prompt_id: str = Field(description="The prompt or problem")
    split_group: str = Field(description="Its split group")
    policy: str = Field(description="Asset name of the model that was sampled from")
    reference: str = Field(description="Asset name of the model that it is compared with")
    sample: int = Field(description="Number of the sample of this prompt, from 0")
    completion: str = Field(description="The sampled text; of a truncated one what there is of it")
    truncated: bool = Field(description="Whether the sample reached the greatest length")
    logp: float | None = Field(
        description="Log-probability of the text by the policy, in nats; without its end"
    )
    reference_logp: float | None = Field(description="The same by the reference")
    num_tokens: int | None = Field(description="Tokens of the text, by the policy's tokenizer")
    failure: str | None = Field(None, description="Why there is no likelihood of both models")
    completion_key: str = ledger_key("The sample")
    logp_key: str | None = ledger_key("Its likelihood by the policy; null where nothing was said", None)
    reference_key: str | None = ledger_key("Its likelihood by the reference; the same", None)
