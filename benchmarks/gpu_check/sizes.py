"""How large a check is: a model's shape, the rows and steps of each run, and the time of each part."""

from pydantic import BaseModel, ConfigDict

from benchmarks.gpu_check.machine import Machine


class Shape(BaseModel):
    """A Llama's shape, with its real widths and few layers."""

    model_config = ConfigDict(frozen=True)

    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    head_dim: int
    vocabulary: int
    window: int

    @property
    def multiplied(self) -> int:
        """Weights that a token is multiplied with: all but the table of embeddings."""
        queries = self.hidden * self.heads * self.head_dim
        keys = self.hidden * self.key_value_heads * self.head_dim
        layer = 2 * queries + 2 * keys + 3 * self.hidden * self.intermediate
        return self.layers * layer + self.hidden * self.vocabulary

    @property
    def num_weights(self) -> int:
        """All weights but those of the norms."""
        return self.multiplied + self.hidden * self.vocabulary

    def forward_flops(self, length: int) -> float:
        """Operations of a forward pass, per token of a causal sequence of ``length`` tokens."""
        attention = 2 * self.layers * self.heads * self.head_dim * length
        return 2.0 * self.multiplied + attention


class Size(BaseModel):
    """One size of the check; ``limit`` is the time of a part in seconds, ``disk_gb`` what it writes at most.

    ``mean_length`` is about the length of a completion of the random model, in tokens.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    shape: Shape
    steps: int
    batch_size: int
    length: int
    mean_length: int
    new_tokens: int
    requests: int
    learning_rate: float
    limit: float
    disk_gb: float


_LLAMA = {"vocabulary": 128_256, "window": 4096}
SMALLEST = Size(
    label="smallest",
    shape=Shape(
        hidden=128,
        intermediate=256,
        layers=2,
        heads=2,
        key_value_heads=1,
        head_dim=64,
        vocabulary=384,
        window=512,
    ),
    steps=10,
    batch_size=4,
    length=96,
    mean_length=8,
    new_tokens=16,
    requests=16,
    learning_rate=1e-3,
    limit=240,
    disk_gb=1,
)
ONE_B = Size(
    label="1b",
    shape=Shape(hidden=2048, intermediate=8192, layers=4, heads=32, key_value_heads=8, head_dim=64, **_LLAMA),
    steps=12,
    batch_size=4,
    length=512,
    mean_length=48,
    new_tokens=64,
    requests=512,
    learning_rate=2e-4,
    limit=150,
    disk_gb=25,
)
EIGHT_B = ONE_B.model_copy(
    update={
        "label": "8b",
        "shape": Shape(
            hidden=4096, intermediate=14336, layers=4, heads=32, key_value_heads=8, head_dim=128, **_LLAMA
        ),
        "length": 1024,
        "requests": 1024,
        "disk_gb": 60,
    }
)
SIZES = {size.label: size for size in (SMALLEST, ONE_B, EIGHT_B)}
LARGE_CARD_GB = 40


def size_for(machine: Machine) -> Size:
    """The size that fits: by the memory of the smallest card, or the smallest of all without one."""
    if not machine.on_gpu:
        return SMALLEST
    least = min(card.memory_gb for card in machine.cards)
    return EIGHT_B if least >= LARGE_CARD_GB else ONE_B
