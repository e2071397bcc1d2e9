"""A hosted judge in five lines of profile: it is asked in its own turn, labels pairs, and moves by name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.building.inputs import open_local
from assets.orders.run import build
from assets.plan import plan
from assets.preflight.ready import require_ready
from assets.profile.models import GivenModel
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair
from datasets_registry.version import Version
from generation.backends import HOSTED
from generation.capabilities.stored import stored_beside
from generation.engine import EngineSettings, server_of
from generation.models.export import exported_bytes
from generation.remote.stating import stated_folder
from generation.request import Backend, Message, Request
from quality.auditing.verify import verify
from tests.assets.pipelines.hosted.strict_server import StrictServer
from tests.assets.pipelines.test_alignment import script
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop
from tests.generation.misbehaving_server import MisbehavingServer

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
JUDGE = """
[models.judge]
backend = "{backend}"
engine = {{ base_url = "{url}", served_model = "judge-1", api_key_env = "TEST_JUDGE_KEY" }}
price = {{ prompt = 1.0, completion = 4.0 }}
"""
LABELS = {"judge", "base_policy", "red_team_prompts", "helpful_prompts", "completion_pairs", "ai_judgements"}
LABELS |= {"preference_pairs", "ai_scores"}
KEY = "sk-a-key-that-no-file-may-hold"


class HostedWorkshop(Workshop):
    """A workshop whose hosted models are asked at their server."""

    def _open(self, registry: Registry, model: Version, given: GivenModel) -> Backend:
        return open_local(registry, model, given) if given.hosted else super()._open(registry, model, given)


@pytest.fixture(params=["openai", "anthropic"])
def backend(request: pytest.FixtureRequest) -> str:
    """The backend by which the judge is asked."""
    return str(request.param)


@pytest.fixture
def answers() -> StrictServer:
    """What the server answers."""
    return StrictServer()


@pytest.fixture
def server(answers: StrictServer) -> Iterator[MisbehavingServer]:
    """The strict server of a judge."""
    with MisbehavingServer(answers, owner="them", models=("judge-1",)) as server:
        yield server


@pytest.fixture
def workshop(
    tmp_path: Path,
    tiny_model: Path,
    registry: Registry,
    server: MisbehavingServer,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Workshop]:
    """A workshop whose judge is hosted, in which nothing is built yet."""
    monkeypatch.setenv("TEST_JUDGE_KEY", KEY)
    path = write_profile(tmp_path / "profile", tiny_model)
    text = path.read_text().replace('stop = ["e"]', "").replace("max_outside_probability = 1.0", WORDS)
    text = text.replace('calibration = "identical"\n', "").replace('judge = "base_policy"', 'judge = "judge"')
    text = text.replace('policy = "sft_policy"', 'policy = "base_policy"')
    text = text.replace('judges = ["base_policy"]', 'judges = ["judge"]')
    text = text.replace("[judges.scores]\n", '[judges.scores]\nverdicts = "text"\n')
    path.write_text(text + JUDGE.format(url=server.url, backend=backend))
    with dg.DagsterInstance.ephemeral() as instance:
        yield HostedWorkshop(path, registry, instance, script)


WORDS = 'verdicts = "text"\nreasoning_tokens = 50'


def test_it_labels_pairs_end_to_end_and_its_key_is_in_no_file(
    workshop: Workshop, server: MisbehavingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop.build(LABELS)
    registry = workshop.registry
    judged = registry.rows(AiJudgement, registry.passed("ai_judgements"))
    assert {(row.asked, row.failure, row.reasoning) for row in judged} == {("text", None, "I compared them.")}
    labels = registry.rows(PreferencePair, registry.passed("preference_pairs"))
    chosen = [pair for pair in labels if pair.chosen is not None]
    assert chosen and all(len(pair.chosen or "") > len(pair.rejected or "") for pair in chosen)
    assert {row.score for row in registry.rows(CompletionScore, registry.passed("ai_scores"))} == {7.0}
    assert all(call.body["model"] == "judge-1" for call in server.calls)
    assert set(server.keys) == {f"Bearer {KEY}"}
    asked = len(server.calls)
    assert workshop.build(LABELS) == [] and len(server.calls) == asked
    assert verify(registry, registry.passed("judge")) == [] and registry.is_whole(registry.passed("judge"))
    with pytest.raises(BadInput, match="it has no files here to export: ask its provider"):
        exported_bytes(registry, registry.passed("judge"))

    written = [path for path in registry.state.root.rglob("*") if path.is_file()]
    assert written and not any(KEY.encode() in path.read_bytes() for path in written)
    assert KEY not in capsys.readouterr().out


def test_an_alias_that_moves_is_another_model(workshop: Workshop, answers: StrictServer) -> None:
    graph = workshop.graph()
    steps = [step for step in plan(graph, workshop.registry) if step.name == "judge"]
    assert not build(graph, workshop.instance, steps)
    before = workshop.registry.passed("judge")
    answers.model = "judge-1-2026-06-01"
    assert not build(graph, workshop.instance, steps)
    after = workshop.registry.passed("judge")
    assert (before.number, after.number) == (1, 2) and before.data_version != after.data_version


@pytest.mark.parametrize("backend", ["openai"], indirect=True)
def test_the_server_is_probed_once_for_each_model(workshop: Workshop, server: MisbehavingServer) -> None:
    graph = workshop.graph()
    steps = [step for step in plan(graph, workshop.registry) if step.name == "judge"]
    assert not build(graph, workshop.instance, steps)
    probed = len(server.calls)
    folder = workshop.registry.folder(workshop.registry.passed("judge"))
    probe = stored_beside(folder, "openai", EngineSettings(base_url=server.url, served_model="judge-1"))
    assert probe and probe.lacks("logprobs") and probe.lacks("continuation") and probe.num_calls == probed - 1
    # what came for a list of batches was none
    assert probe.capabilities["batch"].verdict == "ignored"
    assert not build(graph, workshop.instance, steps)
    assert len(server.calls) == probed + 1


@pytest.mark.parametrize("backend", ["openai"], indirect=True)
def test_a_server_is_not_probed_beyond_the_budget(
    workshop: Workshop, server: MisbehavingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with workshop.path.open("a") as file:
        file.write("\n[budget]\nmax_tokens = 100\n")
    assert workshop.build({"judge"}) == ["judge"] and len(server.calls) == 1
    assert "judge: the probe of its server needs up to about 1.4 k tokens" in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["openai"], indirect=True)
def test_a_judge_is_not_asked_for_what_its_server_refuses(
    workshop: Workshop, server: MisbehavingServer
) -> None:
    text = workshop.path.read_text()
    assert text.count(f'judges = ["judge"]\n{WORDS}') == 1
    workshop.path.write_text(text.replace(f'judges = ["judge"]\n{WORDS}', 'judges = ["judge"]'))
    sentence = "needs log-probabilities, which the server of [models.judge] refuses"

    def failures() -> list[str]:
        graph = workshop.graph()
        steps = [step for step in plan(graph, workshop.registry) if step.name in LABELS]
        return build(graph, workshop.instance, steps)

    # the first run probes the server; the second knows, and refuses before anything is built
    assert [failure for failure in failures() if sentence in failure and "ai_judgements" in failure]
    versions, asked = workshop.versions(), len(server.calls)
    assert "completion_pairs" in versions and "ai_judgements" not in versions
    assert not [call for call in server.calls if '"Verdict: "' in call.prompt]
    assert all(sentence in failure for failure in failures()) and len(server.calls) == asked
    assert workshop.versions() == versions


def test_an_answer_of_another_model_than_the_versions_is_a_failed_row(
    tmp_path: Path,
    server: MisbehavingServer,
    answers: StrictServer,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_JUDGE_KEY", KEY)
    settings = EngineSettings(base_url=server.url, served_model="judge-1", api_key_env="TEST_JUDGE_KEY")
    folder = stated_folder(tmp_path, server_of(backend, settings), settings, HOSTED[backend])
    answers.model = "judge-1-2026-06-01"
    request = Request(messages=(Message(role="user", content="Score it."),))
    ((_, completion),) = HOSTED[backend](folder, settings).complete([request])
    assert "answered as 'judge-1-2026-06-01', and this model is 'judge-1-2026-01-01'" in str(completion.error)


def test_a_principle_that_is_weighed_is_one_of_the_constitution(workshop: Workshop) -> None:
    with workshop.path.open("a") as file:
        file.write("\n[rlaif.labels.principle_weights]\nno_such_one = 2.0\n")
    with pytest.raises(
        BadInput, match="principle_weights: constitution .* has no principle 'no_such_one': it"
    ):
        workshop.graph()


def test_a_hosted_model_lacks_what_only_files_have(workshop: Workshop) -> None:
    text = workshop.path.read_text()
    for old, new, sentence in (
        ("[models.judge]\n", "[models.judge]\nrevision = 'main'\n", "a hosted one has none: leave it out"),
        ('served_model = "judge-1", ', "", "engine.served_model is missing, which backend = "),
        (
            '[models.judge]\nbackend = "',
            '[models.judge]\nbackend = "transformers" # "',
            "in engine its served_model and api_key_env",
        ),
        ('trainer = "sft"\nbase = "base_policy"', 'trainer = "sft"\nbase = "judge"', "'judge' is hosted"),
        (WORDS, f"{WORDS}\nbegun = true", "rlaif.judge.begun is true, and the server of"),
    ):
        assert text.count(old) == 1
        workshop.path.write_text(text.replace(old, new))
        with pytest.raises(BadInput, match=sentence):
            workshop.graph()


def test_a_budget_in_dollars_needs_the_price_of_each_hosted_model(workshop: Workshop) -> None:
    text = workshop.path.read_text() + "\n[budget]\nmax_usd = 1.0\n"
    price = "price = { prompt = 1.0, completion = 4.0 }\n"
    assert text.count(price) == 1
    for written in (price, "price = {}\n"):
        workshop.path.write_text(text.replace(price, written))
        assert load_profile(str(workshop.path)).budget.max_usd == 1.0
    workshop.path.write_text(text.replace(price, ""))
    with pytest.raises(BadInput, match=r"models.judge.price is missing, .*: add what its provider asks"):
        workshop.graph()


@pytest.mark.parametrize("backend", ["anthropic"], indirect=True)
def test_a_judge_without_probabilities_is_asked_in_words_unless_the_profile_says_otherwise(
    workshop: Workshop,
) -> None:
    text = workshop.path.read_text()
    assert text.count(WORDS) == 1
    workshop.path.write_text(text.replace(WORDS, "reasoning_tokens = 50"))
    (recipe,) = (made for made in workshop.graph().recipes if made.name == "ai_judgements")
    assert (recipe.settings["verdicts"], recipe.settings["greedy"]) == ("text", False)
    for said, sentence in (
        ('verdicts = "probabilities"', r"rlaif.judge.verdicts is 'probabilities', and Anthropic's API"),
        ('calibration = "identical"', "rlaif.judge: .*a single reply in words has none"),
    ):
        workshop.path.write_text(text.replace(WORDS, said))
        with pytest.raises(BadInput, match=sentence):
            workshop.graph()


@pytest.mark.parametrize("backend", ["anthropic"], indirect=True)
def test_anthropic_needs_a_key_and_no_model_of_ours(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = workshop.path.read_text()
    for old, new, sentence in (
        (
            ', api_key_env = "TEST_JUDGE_KEY"',
            "",
            "engine.api_key_env is missing, which backend = 'anthropic'",
        ),
        (
            "[models.judge]\n",
            '[models.judge]\nmodel = "owner/name"\n',
            "serves its own models: leave model out",
        ),
    ):
        assert text.count(old) == 1
        workshop.path.write_text(text.replace(old, new))
        with pytest.raises(BadInput, match=sentence):
            workshop.graph()
    workshop.path.write_text(text)
    profile, registry = load_profile(str(workshop.path)), workshop.registry
    with monkeypatch.context() as lacking:
        lacking.setitem(sys.modules, "anthropic", None)
        with pytest.raises(BadInput, match="not installed: `pip install"):
            require_ready(profile, registry.state, {"ai_scores": ("judge",)})
    monkeypatch.delenv("TEST_JUDGE_KEY", raising=False)
    with pytest.raises(BadInput, match="TEST_JUDGE_KEY .* is not set: put the key there"):
        require_ready(profile, registry.state, {"ai_scores": ("judge",)})
