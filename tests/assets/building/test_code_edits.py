"""What a code edit makes stale: the recipes that reach the edited module, and no others."""

import ast
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assets.building import code as code_module
from assets.building.code import FOLDERS, is_neutral, source_of
from assets.building.recipe import Recipe
from datasets_registry.state import REPOSITORY
from methods import templates
from tests.assets.building.edited_tree import EditedTree, copied_tree
from tests.assets.graphs import declared
from tests.assets.mutations import changed
from tests.assets.profile.absent_sections import ABSENT
from tests.assets.profile_fields import small
from training.trainers import TRAINERS

GIVEN = {"base_policy", "lab_base"}
TAUGHT = {"rft_policy", "rft_control", "rules_policy", "rules_control"}
TRAINED = {"sft_policy", "dpo_policy", "lab_policy", "cold_start_policy", *TAUGHT}
SELECTED = {"rule_selections", "rule_controls"}
REWARDING = {"reward_model", "process_reward_model"}
ONLINE = {"trainer grpo", "trainer rloo", "trainer ppo"}
TRAINER_NAMES = {f"trainer {name}" for name in TRAINERS}
MEASURED = {
    f"evaluation_answers/{model}" for model in ("base_policy", "sft_policy", "dpo_policy", "canaries")
}
# a suite is one module from its items to its figures
SUITED = {"evaluation_items", *MEASURED, "evaluation", "evaluation_differences"}
COMPLETED = {"cai_revisions", "helpful_answers", "completion_pairs", *SELECTED, *MEASURED}
JUDGED = {"ai_judgements", "ai_scores", "human_agreement", "steered_verdicts", "judge_answers/base_policy"}
SOLVED = {"candidates", "step_rollouts", "debates", "amplified_answers"}
VERIFIED = {"gold_verdicts", *SOLVED, *ONLINE}
# what principles' rules decide
RULED = {"ai_judgements", *SELECTED, *MEASURED}
RENDERED = COMPLETED | JUDGED | SOLVED | SUITED | {"cai_sft", "oversight_report"}
# what each edit of one line must make stale: the file, the text, another one, and the recipes
NAMED: Mapping[str, tuple[str, str, str, set[str]]] = {
    "rendering of a model's prompt": (
        "generation/chat.py",
        "tokenize=False",
        "tokenize=bool(0)",
        RENDERED | TRAINED | REWARDING | TRAINER_NAMES,
    ),
    "rendering of a row's conversation": (
        "methods/judging/conversation.py",
        "(*messages_of(row.history), Message(",
        "(*messages_of(row.history[1:]), Message(",
        COMPLETED | JUDGED | SUITED | {"amplified_answers"},
    ),
    "choice of controls": (
        "methods/cai/revisions.py",
        'digest(["control", each.prompt_id])',
        'digest(["controls", each.prompt_id])',
        {"cai_revisions"},
    ),
    "prompt selection": (
        "methods/prompt_sets.py",
        "for prompt in every if prompt.split == split",
        "for prompt in every if prompt.split != split",
        (COMPLETED - MEASURED) | {"evaluation_items"},
    ),
    "a verifier's data file": ("methods/verifiers/maths/not_units.txt", "\n", "\nother\n", VERIFIED | SUITED),
    "sandbox runner": (
        "methods/sandbox/runner.py",
        "import",
        "import abc\nimport",
        VERIFIED | RULED | SUITED,
    ),
    "sandbox's system calls": ("methods/sandbox/syscalls.txt", "\n", "\nother\n", VERIFIED | RULED | SUITED),
    "refusal phrases": (
        "methods/reading/refusals.txt",
        "\n",
        "\nother\n",
        {"data_hygiene", *RULED, *SUITED},
    ),
    "what ends a sample": (
        "generation/transformers_local/decoding.py",
        "if token is not None",
        "if token",
        ONLINE,
    ),
}
# these reach almost all, so that what they leave alone is named
EXCEPT: Mapping[str, tuple[str, str, str, set[str]]] = {
    "seed derivation": (
        "datasets_registry/hashing.py",
        "[:16], 16) >> 1",
        "[:16], 16) >> 2",
        GIVEN | {"gold_verdicts", "data_hygiene", "principle_audit", "review_agreement", "reviewed_pairs"},
    ),
    "tie band": (
        "datasets_registry/rows/words.py",
        "TIE_LOGIT = 0.01",
        "TIE_LOGIT = 0.02",
        GIVEN | {"problems", "passages", "oversight_preferences"},
    ),
}
MOVES = [
    ("methods.judging", "methods.opinions"),
    ("methods.prompt_sets", "methods.problems.sets"),
    ("methods.sandbox", "methods.cell"),
    ("methods.cai.revisions", "methods.cai.revised.steps"),
    ("datasets_registry.hashing", "datasets_registry.identity"),
    ("generation.chat", "generation.rendering"),
    ("training.dpo", "training.preferences"),
]
# what may be taken from modules that cannot change content: contracts, errors and where things lie
TAKEN_FROM_NEUTRAL = {
    # how errors and texts are shown
    "datasets_registry.boundary": {
        "CommandParser",
        "FORESEEN",
        "UNFORESEEN",
        "ended_in_one_line",
        "say_error",
        "unforeseen",
    },
    "datasets_registry.plain_text": {"plain", "plain_line"},
    "datasets_registry.bases": {"base_folder"},
    "datasets_registry.errors": {"BadInput", "BrokenObject", "ModelFailed", "TrimtabError", "first_line"},
    # what a trainer draws by is its own code; the engine that draws is anybody's
    "generation.cards.lost": {"says_lost"},
    "generation.cards.visible": {"visible_cards"},
    "generation.engine": {"EngineSettings"},
    "generation.vllm_offline.job": {"Adapter", "Answer", "Drawn", "Draws", "Job"},
    "generation.vllm_offline.process": {"EngineDied", "EngineProcess", "Start"},
    "generation.vllm_offline.serving": {"main"},
    "generation.vllm_offline.worker": {"load_engine", "lora_request"},
    "datasets_registry.registry": {"Registry"},
    "datasets_registry.documents": {
        "faults",
        "is_file",
        "is_folder",
        "meant",
        "read_json",
        "read_toml",
        "validated",
    },
    # how settings are refused; those that are taken are hashed
    "datasets_registry.settings": {"Distinct", "Frozen", "Seed", "Settings"},
    "datasets_registry.state": {"State", "durable", "sync"},
    # the digest of a file's bytes, whether they were read now or before
    "datasets_registry.store.kept_digests": {"file_stamp", "kept_digest"},
    "generation.cards.turns": {"alone"},
    "generation.completer": {"Complete"},
    "generation.ledger.seen": {"Seen"},
    "generation.spending": {"NOTHING"},
    "generation.streaming.flow": {"flow", "in_order"},
    "generation.streaming.planning": {"allow"},
    "generation.streaming.reading": {"Reading"},
    "generation.streaming.tasks": {"Task"},
    "generation.models.shapes": {"Shapes", "UnknownShapes", "shapes_of"},
    "training.settings.launch": {"Launch"},
    "training.online.recording": {"Recorder", "Sampled", "merge_rollouts", "open_recorder"},
    "training.estimates.disk": {"KEPT"},
    "training.estimates.host": {"host_bytes", "require_host"},
    "training.estimates.fitting": {"Fitted", "Job", "engine_bytes", "fitted"},
    "training.estimates.memory": {"Device", "GIB", "Memory"},
    "methods.method": {"Inputs", "Method", "Model", "Models", "NoSettings"},
}


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Recipe]:
    """The recipes of the default profile with people's comparisons, and one of each trainer."""
    content = changed(small("laptop", tmp_path_factory.mktemp("files")), ABSENT)
    trainers = {f"trainer {name}": Recipe("", modules=(each.source,)) for name, each in TRAINERS.items()}
    return {**declared(content).recipes, **trainers}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, recipes: Mapping[str, Recipe]) -> EditedTree:
    """A copy of the source, which each test leaves as it was."""
    return copied_tree(tmp_path_factory.mktemp("source"), recipes)


@pytest.fixture
def tree(copy: EditedTree, monkeypatch: pytest.MonkeyPatch) -> EditedTree:
    """That copy, which is where code is looked for."""
    monkeypatch.setattr(code_module, "REPOSITORY", copy.folder)
    return copy


def stale(
    tree: EditedTree, before: Mapping[str, str], edits: Mapping[Path, Callable[[str], str]]
) -> set[str]:
    """The recipes that these edits change."""
    with tree.edited(edits):
        after = tree.versions()
    return {name for name in before if before[name] != after[name]}


def replaced(old: str, new: str) -> Callable[[str], str]:
    """An edit of the first place that says ``old``."""
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize("edit", NAMED)
def test_an_edit_makes_stale_what_it_decides(edit: str, tree: EditedTree) -> None:
    file, old, new, expected = NAMED[edit]
    assert stale(tree, tree.versions(), {tree.folder / file: replaced(old, new)}) == expected


@pytest.mark.parametrize("edit", EXCEPT)
def test_an_edit_of_what_all_share_makes_stale_all_that_reach_it(edit: str, tree: EditedTree) -> None:
    file, old, new, untouched = EXCEPT[edit]
    changed_names = stale(tree, tree.versions(), {tree.folder / file: replaced(old, new)})
    assert tree.recipes.keys() - changed_names == untouched


def test_an_edit_of_each_module_makes_stale_exactly_what_reaches_it(tree: EditedTree) -> None:
    before = tree.versions()
    behind = {name: tree.modules_of(name) for name in tree.recipes}
    reached = set().union(*behind.values())
    assert len(reached) > 100
    for module in reached:
        expected = {name for name, modules in behind.items() if module in modules}
        assert stale(tree, before, {tree.path(module): _with_code}) == expected, module
    others = {tree.path(module): _with_code for module in tree.modules if module not in reached}
    assert any(is_neutral(module) for module in tree.modules) and not stale(tree, before, others)


def test_another_row_type_leaves_prompts_as_they_are(tree: EditedTree) -> None:
    types = tree.folder / "datasets_registry/rows/types.py"
    changed_names = stale(tree, tree.versions(), {types: _with_code})
    assert changed_names and not changed_names & {"red_team_prompts", "helpful_prompts"}


def _with_code(text: str) -> str:
    return f"{text}\n\nEDITED = True\n"


def test_comments_docstrings_and_descriptions_make_nothing_stale(tree: EditedTree) -> None:
    edits = {tree.path(module): _with_other_words for module in tree.modules}
    assert stale(tree, tree.versions(), edits) == set()


def _with_other_words(text: str) -> str:
    text = re.sub(r'^( *)"""', r'\1"""Edited. ', text, flags=re.MULTILINE)
    # docstrings end in three quotes too
    text = text.replace('"""Edited. \n', '"""\n')
    described = re.sub(r'(Field\([^()]*description=)"', r'\1"Edited: ', text)
    return f"# edited\n{described}\n# edited\n"


def test_moves_make_nothing_stale(
    tmp_path: Path, recipes: Mapping[str, Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_module, "REPOSITORY", tmp_path)
    tree = copied_tree(tmp_path, recipes)
    before = tree.versions()
    for old, new in MOVES:
        tree = tree.moved(old, new)
        assert tree.versions() == before, old


def test_an_edit_of_a_prompt_makes_stale_what_declares_it(
    tree: EditedTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(templates.FOLDER, tmp_path / "prompts")
    monkeypatch.setattr(templates, "FOLDER", folder)
    before = texts_of(tree.recipes)
    for path in folder.iterdir():
        text = path.read_text()
        path.write_text(f"{text}!")
        after = texts_of(tree.recipes)
        declaring = {name for name, recipe in tree.recipes.items() if path.stem in recipe.templates}
        assert {name for name in before if before[name] != after[name]} == declaring, path.stem
        path.write_text(text)


def texts_of(recipes: Mapping[str, Recipe]) -> dict[str, str]:
    """A version of each recipe by its roles and prompts alone."""
    return {name: Recipe(name, templates=recipe.templates).code_version for name, recipe in recipes.items()}


def test_nothing_that_decides_content_comes_out_of_a_neutral_module(tree: EditedTree) -> None:
    taken: dict[str, set[str]] = {}
    for module in set().union(*(tree.modules_of(name) for name in tree.recipes)):
        source = source_of(module)
        for imported in source.imports if source else ():
            if is_neutral(imported.module):
                taken.setdefault(imported.module, set()).add(imported.symbol)
    assert taken == TAKEN_FROM_NEUTRAL


def test_packages_hold_no_code_that_would_be_missed() -> None:
    for folder in FOLDERS:
        for path in (REPOSITORY / folder).rglob("__init__.py"):
            body = ast.parse(path.read_text(encoding="utf-8")).body
            assert all(isinstance(node, ast.Expr) for node in body), path
