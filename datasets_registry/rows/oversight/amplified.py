"""Row types of amplification: trees of questions with their votes, and the labels that they give."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.row import Part, Row, ledger_key


class Vote(Part):
    """What one sample of the policy says to a question."""

    answer: str | None = Field(description="Its final answer; null without one that counts")
    failure: str | None = Field(description="Why it does not count")
    completion_key: str = ledger_key("Ledger key of the sample")


class AmplifiedAnswer(Row):
    """A question of a tree, and how the policy answered it: directly, or composed of its parts' answers."""

    dataset: ClassVar[str] = "amplified_answers"
    grain: ClassVar[str] = (
        "One row per question of a problem's tree: its parent, votes and answer; the root has the direct one."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id", "node_id")
    label_columns: ClassVar[tuple[str, ...]] = ("answer",)

    problem_id: str = Field(description="The problem at the root of the tree")
    node_id: str = Field(description="Hash of the problem and of the places on the way to the question")
    parent_id: str | None = Field(description="The question that it is a part of; null for the root")
    depth: int = Field(description="How far it is from the root, which is 0")
    place: int = Field(description="Which part of its parent, from 0")
    question: str = Field(description="The question; of the root the problem's text")
    num_parts: int = Field(description="Into how many parts it was split; 0 where it was asked directly")
    asked: str | None = Field(
        description="What the policy was asked: the question, or what composes its parts' answers; null "
        "where it was asked nothing"
    )
    policy: str = Field(description="Asset name of the policy that answers")
    votes: list[Vote] = Field(description="What each sample says, in the order in which they were drawn")
    answer: str | None = Field(description="The most frequent answer; null where there is none")
    share: float | None = Field(description="Share of the votes that have this answer")
    least_share: float | None = Field(description="The least share in the tree from here downwards")
    completion: str | None = Field(
        description="The first sample with this answer, behind the lines of its parts where a rule joins them"
    )
    completion_key: str | None = ledger_key("Ledger key of that sample; null without an answer")
    num_tokens: int = Field(description="Tokens of its samples and of its decomposition, thought included")
    failure: str | None = Field(description="Why there is no answer to build on")
    decomposition_key: str | None = ledger_key("Ledger key of a model's decomposition; null by rule")
    gold: str | None = Field(description="Gold answer of the root, which measures and is never used")
    correct: bool | None = Field(description="Whether the root's answer is gold; null for other questions")
    direct_votes: list[Vote] = Field(
        description="What each sample says to the root itself, without its parts"
    )
    direct_answer: str | None = Field(description="The most frequent of them")
    direct_correct: bool | None = Field(description="Whether that is gold; null for other questions")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty of the problem, such as how many numbers it has")
    split_group: str = Field(description="Group of the problem")


class AmplifiedLabel(Row):
    """A problem with its amplified answer, for the policy to learn."""

    dataset: ClassVar[str] = "amplified_labels"
    grain: ClassVar[str] = (
        "One row per problem whose amplified answer is learned: completion, least share of votes, depth."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id",)

    problem_id: str = Field(description="The problem")
    prompt: str = Field(description="The problem's text")
    completion: str = Field(description="The completion to learn")
    answer: str = Field(description="Its final answer")
    least_share: float = Field(description="The least share of votes of all answers that it is made of")
    depth: int = Field(description="Depth of its tree")
    num_questions: int = Field(description="Questions of its tree, the problem itself among them")
    agrees: bool | None = Field(description="Whether it is the gold answer, which selects nothing")
    policy: str = Field(description="Asset name of the policy that was amplified")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty of the problem")
    split_group: str = Field(description="Group of the problem")
    completion_key: str = ledger_key("Ledger key of the completion's last part")
