"""Amplified answers: each problem's tree, answered by the policy, beside its direct answer."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from methods.method import Inputs, Method, Models
from methods.oversight.amplification.growing import Splitter, answer, by_rules, grow, model_splitter
from methods.oversight.amplification.prompted import COMPOSED, PARTS
from methods.oversight.amplification.rules import by_rule, is_readable
from methods.oversight.amplification.settings import AmplificationSettings
from methods.oversight.amplification.tree import Node, Tree
from methods.oversight.amplification.votes import reader, verified
from methods.oversight.asked import Asked, asked
from methods.problems.choosing import choose_problems, usable_problems
from methods.verifiers.contract import Verify
from methods.verifiers.verifier import verifier

# problems whose trees are in memory at once
WINDOW = 512


def amplification_templates(settings: AmplificationSettings) -> tuple[str, ...]:
    """The prompt templates that are filled under ``settings``."""
    return (PARTS, COMPOSED) if settings.decomposer == "model" else ()


def make_amplified_answers(
    inputs: Inputs, models: Models, settings: AmplificationSettings
) -> Iterator[AmplifiedAnswer]:
    """The trees of the chosen ``problems``, a window of them at a time.

    Raises BadInput, before anything is asked, where there are fewer problems than requested, where a rule
    cannot split one, and where a budget is too small for one decomposition.
    """
    problems = _chosen(usable_problems(inputs), settings)
    if settings.decomposer == "rule":
        for problem in problems:
            require_decomposable(problem, settings)
    left = iter(problems)
    while window := list(islice(left, WINDOW)):
        yield from _amplified(window, models, settings)


AMPLIFIED_ANSWERS = Method(
    make_amplified_answers,
    AmplificationSettings,
    AmplifiedAnswer,
    prompts=amplification_templates,
    generates=True,
)


def _chosen(problems: Iterable[Problem], settings: AmplificationSettings) -> list[Problem]:
    of_size = [
        problem
        for problem in problems
        if not settings.difficulties or problem.difficulty in settings.difficulties
    ]
    sizes = f" of difficulties {list(settings.difficulties)}" if settings.difficulties else ""
    chosen = choose_problems(
        of_size,
        settings.families,
        settings.number,
        "amplified",
        settings.seed,
        what=f"problems{sizes} to amplify",
        remedy="lower oversight.amplification.number",
    )
    return sorted(chosen, key=lambda problem: problem.problem_id)


def require_decomposable(problem: Problem, settings: AmplificationSettings) -> None:
    """Raise BadInput where no rule splits the problem, or the budgets do not allow its first split."""
    what = f"{problem.prompt[:60]!r}"
    if not is_readable(problem.prompt):
        raise BadInput(
            f"no rule splits {what}: name families of sums, comparisons or larger in "
            "oversight.amplification.families, or set decomposer = 'model'"
        )
    decomposition = by_rule(problem.prompt)
    if decomposition is None:
        raise BadInput(
            f"{what} has the least size and no parts, so that nothing is amplified: name larger difficulties "
            "in oversight.amplification.difficulties"
        )
    parts = len(decomposition.parts)
    if parts > settings.children:
        raise BadInput(
            f"children is {settings.children}, and {what} is split into {parts} parts: raise "
            "oversight.amplification.children"
        )
    try:
        settings.require_tokens(parts, problem.prompt[:60])
    except ValueError as error:
        raise BadInput(f"oversight.amplification.{error}") from error


def _amplified(
    problems: Sequence[Problem], models: Models, settings: AmplificationSettings
) -> Iterator[AmplifiedAnswer]:
    """Trees are whole before anything is answered, so that one model at a time needs a card."""
    if settings.decomposer == "model":
        with asked(models["decomposer"]) as decomposer:
            trees = grown(problems, model_splitter(decomposer, settings), settings)
    else:
        trees = grown(problems, by_rules, settings)
    with asked(models["policy"]) as policy:
        yield from answered(trees, policy, settings)


def grown(problems: Sequence[Problem], split: Splitter, settings: AmplificationSettings) -> list[Tree]:
    """The trees of the problems, of which nothing is answered yet."""
    trees = [Tree(problem, Node(problem.prompt), settings.tokens) for problem in problems]
    grow(trees, split, settings)
    return trees


def answered(
    trees: Sequence[Tree], policy: Asked, settings: AmplificationSettings
) -> Iterator[AmplifiedAnswer]:
    """The rows of the trees, answered by the policy."""
    answer(trees, policy, settings, reader(settings.verifier))
    verify = verifier(settings.verifier)
    for tree in trees:
        for node in tree.root.downwards():
            yield _row(tree, node, policy.name, settings, verify)


def _row(
    tree: Tree, node: Node, policy: str, settings: AmplificationSettings, verify: Verify
) -> AmplifiedAnswer:
    problem, answered = tree.problem, node.answered
    # a rule's parts are steps of the solution, a model's are questions of their own
    own = answered.completion if answered else None
    completion = joined(node) if settings.decomposer == "rule" else own
    is_root, direct = node.parent is None, tree.direct
    return AmplifiedAnswer(
        problem_id=problem.problem_id,
        node_id=node.node_id(problem.problem_id),
        parent_id=node.parent.node_id(problem.problem_id) if node.parent else None,
        depth=node.depth,
        place=node.place,
        question=node.question,
        num_parts=len(node.parts),
        asked=node.asked,
        policy=policy,
        votes=list(answered.votes) if answered else [],
        answer=node.answer,
        share=answered.share if answered else None,
        least_share=node.least_share,
        completion=completion if node.answer is not None else None,
        completion_key=answered.completion_key if answered else None,
        num_tokens=node.split_tokens + (answered.num_tokens if answered else 0),
        failure=node.failure,
        decomposition_key=node.decomposition_key,
        gold=problem.answer if is_root else None,
        correct=verified(node.answer, completion, problem.answer, verify) if is_root else None,
        direct_votes=list(direct.votes) if is_root and direct else [],
        direct_answer=direct.answer if is_root and direct else None,
        direct_correct=verified(direct.answer, direct.completion, problem.answer, verify)
        if is_root and direct
        else None,
        family=problem.family,
        difficulty=problem.difficulty,
        split_group=problem.split_group,
    )


def joined(node: Node) -> str | None:
    """The worked solution: the lines of the parts without their own last ones, then what composes them."""
    own = node.answered.completion if node.answered else None
    parts = [joined(part) for part in node.parts]
    known = [part for part in parts if part is not None]
    if own is None or len(known) < len(parts):
        return None
    steps = [line for part in known for line in part.strip().split("\n")[:-1]]
    return "\n".join([*steps, own])
