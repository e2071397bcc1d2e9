"""Trees grown and answered level by level: all questions of a level, in all trees, are one call."""

from collections.abc import Callable, Iterable, Sequence

from methods.oversight.amplification.decomposing import NOT_SPLIT, Split
from methods.oversight.amplification.prompted import parts_request, read_parts
from methods.oversight.amplification.rules import by_rule
from methods.oversight.amplification.settings import AmplificationSettings
from methods.oversight.amplification.tree import DOOMED, NO_ANSWER, PART_FAILED, SPENT, Node, Tree
from methods.oversight.amplification.votes import Answered, Read, ask
from methods.oversight.asked import Asked

Splitter = Callable[[int, Sequence[tuple[Tree, Node]]], Sequence[Split]]
"""The decompositions of the questions of a level."""


def grow(trees: Sequence[Tree], split: Splitter, settings: AmplificationSettings) -> None:
    """Split the questions of all trees, a level at a time, until the budget of depth."""
    for depth in range(settings.depth):
        # one question that cannot be split is the end of its tree
        level = [(tree, node) for tree in trees if not tree.has_failed for node in tree.at(depth)]
        for (_, node), made in zip(level, split(depth, level), strict=True):
            node.split(made)
    for tree in trees:
        if not tree.root.parts and not tree.root.failure:
            tree.root.failure = NOT_SPLIT


def by_rules(depth: int, level: Sequence[tuple[Tree, Node]]) -> list[Split]:
    """Decompositions by rule, which ask nobody."""
    return [Split(by_rule(node.question)) for _, node in level]


def model_splitter(model: Asked, settings: AmplificationSettings) -> Splitter:
    """Decompositions by a model; equal questions are one call, and one beyond the budget is not asked."""

    def split(depth: int, level: Sequence[tuple[Tree, Node]]) -> list[Split]:
        texts = [(tree, f"parts of {node.question}") for tree, node in level]
        afforded = _afforded(texts, settings.splitting.max_tokens)
        questions = [node.question for (_, node), may in zip(level, afforded, strict=True) if may]
        made = _parts(f"parts at depth {depth}", questions, model, settings)
        splits = list[Split]()
        for (tree, text), (_, node), may in zip(texts, level, afforded, strict=True):
            splits.append(made[node.question] if may else Split(failure=SPENT))
            tree.charge([(text, splits[-1].num_tokens)])
        return splits

    return split


def _parts(
    stage: str, questions: Iterable[str], model: Asked, settings: AmplificationSettings
) -> dict[str, Split]:
    """The model's decomposition of each question, all in one call."""
    distinct = list(dict.fromkeys(questions))
    requests = [parts_request(question, settings) for question in distinct]
    completions = model.complete(stage, requests) if requests else []
    return {
        question: read_parts(question, completion, request.key(model.model), settings.children)
        for question, request, completion in zip(distinct, requests, completions, strict=True)
    }


def answer(trees: Sequence[Tree], policy: Asked, settings: AmplificationSettings, read: Read) -> None:
    """Answer all questions from the leaves up, and beside the roots' composed answers their direct ones."""
    known: dict[str, Answered] = {}
    for depth in range(settings.depth, -1, -1):
        asked = _asked_at(depth, trees, settings)
        direct = [tree.root.question for tree in trees] if depth == 0 else []
        texts = [text for text in (*(text for _, _, text in asked), *direct) if text not in known]
        known |= ask(f"answers at depth {depth}", texts, policy, settings, read)
        for tree, node, text in asked:
            node.asked, node.answered = text, known[text]
            tree.charge([(text, known[text].num_tokens)])
            if known[text].answer is None:
                node.failure = NO_ANSWER
    for tree in trees:
        tree.direct = known[tree.root.question]


def _asked_at(
    depth: int, trees: Sequence[Tree], settings: AmplificationSettings
) -> list[tuple[Tree, Node, str]]:
    """The questions of a level that can be asked within their trees' budgets, and how; the others fail."""
    ready = list[tuple[Tree, Node, str]]()
    for tree in trees:
        # what cannot help a root any more is not worth a call
        failed = tree.has_failed
        for node in tree.at(depth):
            text = None if failed else node.next_asked()
            if text is not None:
                ready.append((tree, node, text))
            else:
                node.failure = PART_FAILED if any(part.failure for part in node.parts) else DOOMED
    most = settings.votes * settings.answers.max_tokens
    afforded = _afforded([(tree, text) for tree, _, text in ready], most)
    for (_, node, _), may in zip(ready, afforded, strict=True):
        node.failure = None if may else SPENT
    return [each for each, may in zip(ready, afforded, strict=True) if may]


def _afforded(texts: Sequence[tuple[Tree, str]], most: int) -> list[bool]:
    """Whether each text may be asked: at its most, beside those before it of the same tree and level."""
    reserved: dict[int, int] = {}
    seen: dict[int, set[str]] = {}
    may = []
    for tree, text in texts:
        own = seen.setdefault(id(tree), set())
        is_new = text not in tree.charged and text not in own
        total = reserved.get(id(tree), 0) + (most if is_new else 0)
        affords = not is_new or tree.affords(total)
        if affords:
            reserved[id(tree)] = total
            own.add(text)
        may.append(affords)
    return may
