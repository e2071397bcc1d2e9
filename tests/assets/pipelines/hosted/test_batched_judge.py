"""A judge whose stages go by the provider's batches labels pairs, and no file has its key."""

from pathlib import Path

import pytest

from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import State
from generation.loopback.batches.course import Course
from generation.loopback.dialects import CLAUDE, GPT4, Dialect
from generation.loopback.server import LoopbackServer
from tests.assets.pipelines.hosted.hosted_labels import opened
from tests.assets.pipelines.hosted.test_dialects import JUDGE, KEY, Judge, is_question, judged_in_words
from tests.assets.pipelines.hosted.test_hosted_judge import LABELS
from tests.assets.small import write_profile
from tests.searched import files_with

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.mark.parametrize(
    ("dialect", "backend"), [(GPT4, "openai"), (CLAUDE, "anthropic")], ids=["openai", "anthropic"]
)
def test_a_judge_labels_pairs_by_batch(
    dialect: Dialect,
    backend: str,
    tmp_path: Path,
    tiny_model: Path,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_JUDGE_KEY", KEY)
    path, judge = write_profile(tmp_path / "profile", tiny_model), Judge(holds=False)
    with LoopbackServer(dialect, judge, key=KEY) as server:
        server.batches.course = server.message_batches.course = Course(polls=1)
        url = server.url if backend == "openai" else server.url.removesuffix("/v1")
        section = JUDGE.format(backend=backend, url=url, model=dialect.model)
        path.write_text(judged_in_words(path.read_text()) + section.replace("max_concurrency", "batch_from"))
        with opened(path, tmp_path) as workshop:
            workshop.build(LABELS)
            labels = workshop.registry.rows(PreferencePair, workshop.registry.passed("preference_pairs"))
    by_batch = sum(paid.batch for paid in server.paid)
    directly = sum(map(is_question, judge.questions)) - by_batch
    batches = server.batches if backend == "openai" else server.message_batches
    # one call of each asset goes ahead
    assert by_batch > 8 and directly == 2 and batches.submissions.num_twice == 0
    assert any(pair.chosen is not None for pair in labels)
    assert files_with(KEY, tmp_path) == []
