"""A tree of questions: what each is split into, what its parts answer, and what the tree may still spend."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from datasets_registry.hashing import content_id
from datasets_registry.rows.imported import Problem
from methods.oversight.amplification.decomposing import CYCLE, Decomposition, Split, same_question
from methods.oversight.amplification.votes import Answered

PART_FAILED = "a part of it has no answer"
NO_ANSWER = "no sample has an answer that counts"
SPENT = "the budget of tokens is spent"
DOOMED = "it was not asked, as its tree had failed elsewhere"


@dataclass(slots=True, eq=False)
class Node:
    """A question, its parts, and its votes once it was asked."""

    question: str
    place: int = 0
    parent: "Node | None" = None
    decomposition: Decomposition | None = None
    parts: "list[Node]" = field(default_factory=list)
    asked: str | None = None
    answered: Answered | None = None
    failure: str | None = None
    decomposition_key: str | None = None
    split_tokens: int = 0

    @property
    def depth(self) -> int:
        """How far the question is from the root."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def path(self) -> tuple[int, ...]:
        """The places of the parts on the way from the root."""
        return () if self.parent is None else (*self.parent.path, self.place)

    @property
    def answer(self) -> str | None:
        """The answer; None where it cannot be built on."""
        return None if self.failure or self.answered is None else self.answered.answer

    @property
    def least_share(self) -> float | None:
        """The least share of votes from here downwards; None where an answer is missing."""
        if self.answer is None or self.answered is None or self.answered.share is None:
            return None
        shares = [self.answered.share, *(part.least_share for part in self.parts)]
        return min((share for share in shares if share is not None), default=None)

    def node_id(self, problem_id: str) -> str:
        """The id of the question in the tree of a problem."""
        return content_id(problem_id, *self.path)

    def split(self, split: Split) -> None:
        """Hang the parts below; a question that a part repeats from above makes a cycle, and no parts."""
        self.failure, self.decomposition_key = split.failure, split.key
        self.split_tokens = split.num_tokens
        if split.decomposition is None:
            return
        above = {same_question(node.question) for node in self.upwards()}
        if any(same_question(part) in above for part in split.decomposition.parts):
            self.failure = CYCLE
            return
        self.decomposition = split.decomposition
        self.parts = [Node(part, place, self) for place, part in enumerate(split.decomposition.parts)]

    def upwards(self) -> "Iterator[Node]":
        """The question and those that it is a part of."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def downwards(self) -> "Iterator[Node]":
        """The question and all below it, each before its parts."""
        yield self
        for part in self.parts:
            yield from part.downwards()

    def next_asked(self) -> str | None:
        """What the policy is asked for this question; None where a part has no answer."""
        if self.decomposition is None:
            return self.question
        answers = [part.answer for part in self.parts]
        known = [answer for answer in answers if answer is not None]
        return self.decomposition.compose(known) if len(known) == len(answers) else None


@dataclass(slots=True, eq=False)
class Tree:
    """The tree of a problem, the direct answer to it, and the tokens that it took so far."""

    problem: Problem
    root: Node
    budget: int | None
    direct: Answered | None = None
    spent: int = 0
    charged: set[str] = field(default_factory=set)

    def at(self, depth: int) -> list[Node]:
        """The questions of a level that have not failed."""
        return [node for node in self.root.downwards() if node.depth == depth and not node.failure]

    @property
    def has_failed(self) -> bool:
        """Whether a question of it failed, so that the root cannot be answered."""
        return any(node.failure for node in self.root.downwards())

    def affords(self, tokens: int) -> bool:
        """Whether so many more tokens stay within the budget."""
        return self.budget is None or self.spent + tokens <= self.budget

    def charge(self, answers: Iterable[tuple[str, int]]) -> None:
        """Count the tokens of texts that were asked; a text that the tree asked before costs nothing."""
        for text, tokens in answers:
            if text not in self.charged:
                self.charged.add(text)
                self.spent += tokens
