"""Experiments: names of their own, one ledger, and nothing made twice that is made alike."""

import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

import trimtab
from assets.cli.commands import app_of
from assets.profile.chosen import EXPERIMENT
from datasets_registry.catalog.line import Line, experiments, line_of
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.state import State
from datasets_registry.version import Derivation, validated_experiment, validated_name
from datasets_registry.views.asking import ask
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop, opened
from tests.rows import make

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
BUILT = ("red_team_prompts", "helpful_prompts", "base_policy", "helpful_answers")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Workshop]:
    """A state in which the main line has answers, and experiment beta_03 was built over it."""
    folder = tmp_path_factory.mktemp("experiments")
    path = write_profile(folder / "profile", tiny_model)
    with opened(path, folder / "state", lambda request: f"answer {request.sample}") as shop:
        assert shop.build(BUILT) and shop.requests
        in_experiment(shop, "beta_03")
        yield shop


def in_experiment(shop: Workshop, experiment: str) -> list[str]:
    """What is built in the experiment, and the requests for it stand in the workshop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_EXPERIMENT", experiment)
        return shop.build(BUILT)


def own(shop: Workshop, experiment: str) -> Registry:
    """The registry by the names of the experiment."""
    return shop.registry.of(line_of(shop.registry.engine, experiment))


def test_what_is_made_alike_is_taken_over(workshop: Workshop) -> None:
    assert not workshop.requests
    before, after = (
        workshop.registry.latest("helpful_answers"),
        own(workshop, "beta_03").latest("helpful_answers"),
    )
    assert before and after and str(after) == "experiments/beta_03/helpful_answers@1"
    assert (after.data_version, after.content) == (before.data_version, before.content)
    assert after.status == "passed" and workshop.registry.checks(before)
    ours = own(workshop, "beta_03")
    assert ours.checks(after) == workshop.registry.checks(before)
    assert ours.derivation(after).recipe == workshop.registry.derivation(before).recipe
    assert {str(each) for each in ours.derivation(after).inputs} == {
        f"experiments/beta_03/{name}@1" for name in BUILT[:3]
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("main", "Trimtab itself uses this name"),
        ("by_version", "Trimtab itself uses this name"),
        ("beta 03", "it has ' '; use lower-case letters"),
        ("a/b", "it has '/'; use lower-case letters"),
        ("Beta", "it has capitals; write 'beta'"),
        ("_a", "it does not begin with a letter"),
        ("b" * 31, "it has 31 characters, and may have 30"),
    ],
)
def test_a_bad_name_is_one_sentence(name: str, why: str) -> None:
    with pytest.raises(BadInput, match=re.escape(why)):
        validated_experiment(name)


def test_names_of_experiments_are_for_nothing_else() -> None:
    for name in ("experiments/beta_03/cai_sft", "main/cai_sft"):
        with pytest.raises(BadInput, match="are Trimtab's own"):
            validated_name(name)


def test_commands_name_the_experiments_that_there_are(workshop: Workshop) -> None:
    show = partial(CliRunner().invoke, app_of(["show", "diff"]), catch_exceptions=False)
    with pytest.raises(BadInput, match="did you mean 'beta_03'.*there are beta_03"):
        show(["show", "helpful_answers", "--experiment", "beta_3"])
    shown = show(["show", "helpful_answers", "--experiment", "beta_03"]).stdout
    assert "experiments/beta_03/helpful_answers@1" in shown and EXPERIMENT not in os.environ
    assert "experiments/" not in show(["show", "helpful_answers", "--experiment", "main"]).stdout
    with pytest.raises(BadInput, match="cannot be compared with itself"):
        show(["diff", "--experiments", "main", "main"])


def test_a_changed_experiment_is_made_beside_the_main_line(workshop: Workshop) -> None:
    """Another temperature draws again; the prompts and the model stay those of the main line."""
    before = workshop.versions()
    text, answers = workshop.path.read_text(), "temperature = 1.0\nmax_tokens = 48"
    try:
        workshop.path.write_text(text.replace(answers, answers.replace("1.0", "0.5")))
        planned = in_experiment(workshop, "cooler")
    finally:
        workshop.path.write_text(text)
    assert planned == list(BUILT) and workshop.requests
    assert workshop.versions() == before
    both = own(workshop, "cooler").latest("helpful_answers"), workshop.registry.latest("helpful_answers")
    assert both[0] and both[1] and both[0].data_version != both[1].data_version
    result = CliRunner().invoke(
        app_of(["diff"]), ["diff", "--experiments", "main", "cooler", "--json"], catch_exceptions=False
    )
    found = {each["name"]: each for each in json.loads(result.stdout)["assets"]}
    assert found["helpful_prompts"]["same"] and found["base_policy"]["same"]
    assert not found["helpful_answers"]["same"] and found["helpful_answers"]["rows"]["changed"]
    (setting,) = found["helpful_answers"]["settings"]
    assert (setting["path"], setting["before"], setting["after"]) == ("answers.temperature", "1.0", "0.5")


def test_a_reader_in_python_speaks_an_experiments_names(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, plain = workshop.registry.state.root, "helpful_answers"
    named = trimtab.open(root, "beta_03")
    monkeypatch.setenv(EXPERIMENT, "beta_03")
    for reader in (named, trimtab.open(root)):
        assert "beta_03" in repr(reader) and reader._version(plain).whole == f"experiments/beta_03/{plain}"
        assert reader.sql(f"FROM {plain}").equals(reader.sql(f"FROM beta_03.{plain}"))
    assert trimtab.open(root, "main")._version(plain).whole == plain
    with pytest.raises(BadInput, match="did you mean 'beta_03'"):
        trimtab.open(root, "beta_3")


def test_plain_names_in_sql_are_the_experiments_own(workshop: Workshop) -> None:
    ours = own(workshop, "beta_03")
    workshop.registry.refresh_views()
    state, line = workshop.registry.state, ours.records.line
    (rows,) = ask(state, "SELECT count(*) FROM helpful_answers", line=line)[1]
    answers = ours.latest("helpful_answers")
    assert answers and rows == (answers.num_rows,)
    assert ask(state, "SELECT count(*) FROM beta_03.helpful_answers")[1] == [rows]
    assert ask(state, 'SELECT count(*) FROM "helpful_answers@1"', line=line)[1] == [rows]
    assert ask(state, f'SELECT count(*) FROM "{answers}"')[1] == [rows]
    assert ask(state, "SELECT count(*) FROM versions WHERE name LIKE 'experiments/beta_03/%'", line=line)[
        1
    ] == [(4,)]
    # what only the main line has is not taken for the experiment's
    workshop.registry.record_checks(
        workshop.registry.commit(
            SftExample, [make(SftExample)], Derivation(code_version="1", settings={}, inputs=())
        ),
        [],
    )
    with pytest.raises(BadInput, match="'beta_03' has no 'cai_sft': build it there, or write main"):
        ask(state, "WITH a AS (SELECT * FROM cai_sft) SELECT * FROM a", line=line)
    for query in (
        "FROM CAI_SFT",
        "WITH cai_sft AS (SELECT * FROM cai_sft) FROM cai_sft",
        "EXPLAIN FROM cai_sft",
        "SELECT 1; EXPLAIN FROM cai_sft",
        "PIVOT cai_sft ON prompt_id USING count(*)",
        'WITH a AS (PIVOT "CAI_SFT" ON prompt_id USING count(*)) FROM a',
        'PIVOT "cai_sft@1" ON prompt_id USING count(*)',
        "FROM query('SELECT * FROM cai_sft')",
        "FROM query_table('cai_sft')",
    ):
        with pytest.raises(BadInput, match="'beta_03' has no 'cai_sft(@1)?'"):
            ask(state, query, line=line)
    assert ask(state, "WITH cai_sft AS (SELECT 1 AS n) FROM cai_sft", line=line)[1] == [(1,)]
    counted = "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3) FROM a"
    assert len(ask(state, counted, line=line)[1]) == 3
    assert ask(state, "SELECT count(*) FROM main.cai_sft", line=line)[1] == [(1,)]
    for query in (
        "PIVOT main.cai_sft ON prompt_id USING count(*)",
        'PIVOT main."cai_sft" ON prompt_id USING count(*)',
        "PIVOT helpful_answers ON split_group USING count(*)",
        "FROM query_table('helpful_answers')",
    ):
        assert ask(state, query, line=line)[1]


@pytest.mark.parametrize("name", ["c", "select", "versions", "helpful_answers", "user"])
def test_an_experiment_may_have_any_other_name(name: str, state: State) -> None:
    registry = Registry(state).of(Line(name))
    made = Derivation(code_version="1", settings={}, inputs=())
    registry.record_checks(registry.commit(SftExample, [make(SftExample)], made), [])
    rows = [(1,)]
    assert ask(state, "SELECT count(*) FROM cai_sft", line=registry.records.line)[1] == rows
    assert ask(state, f'SELECT count(*) FROM "{name}".cai_sft')[1] == rows


def test_an_import_comes_before_the_first_build_of_an_experiment(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(state.root))
    monkeypatch.setenv(EXPERIMENT, "new_one")
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"text": "Why is the sky blue?"}\n')
    command = [
        "import",
        str(file),
        "--as",
        "asked",
        "--like",
        "helpful_prompts",
        "--map",
        "prompt=text",
        "--map",
        "category==asked",
    ]
    for said in ("asked@1: 1 row", "asked@1: unchanged"):
        result = CliRunner().invoke(app_of(["import"]), command)
        assert said in result.stdout, result
    assert Registry(state).latest("asked") and experiments(Registry(state).engine) == []
