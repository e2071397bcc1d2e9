"""A judge is asked in no way that its server was seen not to serve: one sentence says the remedy."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.building.serving import require_served, unserved
from assets.cli.commands import app
from assets.doctor.servers import look_at_servers
from assets.pipelines.whole import declare
from assets.profile.models import GivenModel
from assets.profile.profile import Profile, load_profile
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.capabilities.capability import Verdict
from generation.engine import EngineSettings
from tests.assets.small import write_profile
from tests.generation.capabilities.probes import write_probe

JUDGE = """
[models.judge]
backend = "openai"
engine = { base_url = "https://there.example/v1", served_model = "m" }
"""
THERE = EngineSettings(base_url="https://there.example/v1", served_model="m")
ASKED = 'judges = ["base_policy"]\nmax_outside_probability = 1.0\ncalibration = "identical"'
LOGPROBS = "rlaif.judge.verdicts = 'probabilities' needs log-probabilities, which the server of"
SCHEMA = "rlaif.judge.verdicts = 'schema' needs a JSON schema, which the server of"
GREEDY = "rlaif.judge: a single reply in words is greedy and needs temperature 0, which the server of"
# what the profile says of judges, what the probe saw, and the sentence, if there is one
CASES: list[tuple[str, dict[str, Verdict], str | None]] = [
    ("", {"logprobs": "refused"}, f"{LOGPROBS} [models.judge] refuses"),
    ("", {"logprobs": "ignored"}, f"{LOGPROBS} [models.judge] ignores"),
    ("", {"logprobs": "unknown"}, None),
    ("", {"logprobs": "served", "schema": "refused", "temperature": "refused"}, None),
    ('verdicts = "schema"', {"schema": "ignored"}, f"{SCHEMA} [models.judge] ignores"),
    ('verdicts = "schema"', {"schema": "served", "logprobs": "refused"}, None),
    ('verdicts = "text"', {"temperature": "refused"}, f"{GREEDY} [models.judge] refuses"),
    ('verdicts = "text"', {"temperature": "ignored", "logprobs": "refused"}, None),
    ('verdicts = "text"\ngreedy = false', {"temperature": "refused"}, None),
    ('verdicts = "text"\nsamples = 5', {"temperature": "refused", "logprobs": "refused"}, None),
]


def profile_of(folder: Path, tiny_model: Path, says: str, engine: str = "") -> Profile:
    """A small profile whose comparisons a hosted judge makes, asked as ``says``."""
    path = write_profile(folder, tiny_model)
    text = path.read_text()
    assert text.count(ASKED) == 1
    path.write_text(
        text.replace(ASKED, f'judges = ["judge"]\n{says}') + JUDGE.replace('"m" }', f'"m"{engine} }}')
    )
    return load_profile(str(path))


@pytest.mark.parametrize(("says", "verdicts", "sentence"), CASES, ids=str)
def test_a_way_that_is_not_served_is_refused_with_the_remedy(
    says: str,
    verdicts: dict[str, Verdict],
    sentence: str | None,
    tmp_path: Path,
    tiny_model: Path,
    state: State,
) -> None:
    profile = profile_of(tmp_path / "profile", tiny_model, says)
    write_probe(state.models, THERE, verdicts)
    found = list(unserved(declare(profile), profile, state))
    assert len(found) == (sentence is not None)
    for refusal in found:
        assert refusal.startswith(sentence or "none") and "(seen on 2026-11-29: what was seen of " in refusal
        assert refusal.endswith("or take another judge; `trimtab backends judge --probe` looks again")
        assert "set verdicts = 'text' there" in refusal or "set greedy = false there" in refusal
    wrong = [finding for finding in look_at_servers(profile, declare(profile), state) if not finding.well]
    assert [f"{finding.what}: {finding.remedy}" for finding in wrong] == found


def test_batches_are_refused_where_the_server_has_none(
    tmp_path: Path, tiny_model: Path, state: State
) -> None:
    profile = profile_of(tmp_path / "profile", tiny_model, 'verdicts = "text"', ", batch_from = 100")
    write_probe(state.models, THERE, {"batch": "served"})
    require_served(declare(profile), profile, state)
    write_probe(state.models, THERE, {"batch": "refused"})
    with pytest.raises(
        BadInput, match=r"engine.batch_from needs batches, which .* take it out of engine, or"
    ):
        require_served(declare(profile), profile, state)


def test_only_what_asks_that_judge_is_refused(tmp_path: Path, tiny_model: Path, state: State) -> None:
    profile = profile_of(tmp_path / "profile", tiny_model, "")
    declared = {asset.name: asset for asset in declare(profile)}
    # of a server that was never probed nothing is known
    require_served(declared.values(), profile, state)
    write_probe(state.models, THERE, {"logprobs": "refused"})
    with pytest.raises(BadInput, match="needs log-probabilities"):
        require_served([declared["ai_judgements"]], profile, state)
    require_served([declared["ai_scores"]], profile, state)
    given = profile.models["judge"]
    assert isinstance(given, GivenModel) and given.hosted


def test_the_plan_says_what_will_be_refused(
    tmp_path: Path, tiny_model: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = profile_of(tmp_path / "profile", tiny_model, "")
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile.path))
    write_probe(state.models, THERE, {"logprobs": "ignored"})
    assert f"to be refused: {LOGPROBS}" in CliRunner().invoke(app, ["plan"], catch_exceptions=False).stdout


def test_a_way_that_a_measured_judge_is_compared_in_is_left_out(
    tmp_path: Path, tiny_model: Path, state: State
) -> None:
    profile = profile_of(tmp_path / "profile", tiny_model, "")
    items = tmp_path / "natural.json"
    items.write_text(json.dumps([{"input": "One?", "output_1": "1", "output_2": "2", "label": 1}]))
    benchmark = (
        f'[judges.benchmark]\njudges = ["judge"]\nways = ["schema"]\nfiles = {{ llmbar = "{items}" }}\n'
    )
    assert profile.path
    profile.path.write_text(profile.path.read_text() + benchmark)
    profile = load_profile(str(profile.path))
    write_probe(state.models, THERE, {"schema": "ignored"})
    (sentence,) = unserved(declare(profile), profile, state)
    assert sentence.startswith("judges.benchmark.ways: 'schema' needs a JSON schema, which the server of")
    assert ": leave 'schema' out there, or take another judge;" in sentence
