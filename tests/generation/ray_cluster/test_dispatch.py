"""Each request is answered once, by replicas that start late, die and come back; without a cluster."""

import logging
import random

import pytest

from datasets_registry.errors import BadInput, ModelFailed
from generation.ray_cluster import dispatch
from generation.ray_cluster.dispatch import MOST_STARTING, Event, Refused, Run, Size
from generation.request import Completion, Request
from tests.generation.known_model import ask
from tests.generation.ray_cluster.scripted_pool import ScriptedPool, reply


def stories(number: int) -> list[Request]:
    """Requests of three samples each."""
    return [ask(f"Tell me story {place // 3}.", sample=place % 3) for place in range(number)]


def run(pool: ScriptedPool, requests: list[Request], replicas: int = 4, batch: int = 16) -> Run:
    """The run of these over at most so many replicas."""
    return Run("tiny on Ray", pool, Size(replicas, batch, 0.05), requests)


def answered(found: Run) -> dict[int, Completion]:
    """The completions by number; none comes twice."""
    pairs = list(found.answers())
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def expected(requests: list[Request]) -> dict[int, Completion]:
    """What any replica answers, by number."""
    return dict(enumerate(map(reply, requests)))


def test_each_request_is_answered_once_and_neighbours_share_prompts() -> None:
    requests, pool = stories(600), ScriptedPool()
    shuffled = random.Random(1).sample(requests, len(requests))
    assert answered(run(pool, shuffled)) == expected(shuffled)
    assert len(pool.ready) == 4 and sum(len(part) for _, part in pool.given) == 600
    parts = [[request.messages[-1].content for _, request in part] for _, part in pool.given]
    assert all(part == sorted(part) for part in parts)
    # two parts of 32 in hand, and never one request by one
    assert pool.most_in_hand == 64 and len(parts) < 600 / 16


@pytest.mark.parametrize("seed", range(5))
def test_whoever_dies_at_any_moment_is_replaced_and_nothing_is_lost_or_doubled(seed: int) -> None:
    rng, requests = random.Random(seed), stories(500)
    doomed = {replica: rng.randint(1, 120) for replica in (1, 2, 3, 5)}
    pool = ScriptedPool(dies=lambda replica, answered: answered >= doomed.get(replica, 10**6), seed=seed)
    assert answered(run(pool, requests)) == expected(requests)
    given = sum(len(part) for _, part in pool.given)
    assert 500 < given <= 500 + 4 * 64


def test_replicas_without_room_are_waited_for_by_nothing() -> None:
    requests, pool = stories(300), ScriptedPool(room=1)
    assert answered(run(pool, requests, replicas=64)) == expected(requests)
    assert len(pool.ready) == 1 and len(pool.starting) > 0


def test_a_cluster_keeps_account_of_few_that_have_no_room() -> None:
    requests, pool = stories(300), ScriptedPool(room=1)
    assert answered(run(pool, requests, replicas=1_000_000)) == expected(requests)
    assert len(pool.starting) == MOST_STARTING


def test_a_node_that_joins_is_used() -> None:
    requests, pool = stories(2000), ScriptedPool(room=1)
    found = run(pool, requests)
    for place, _ in enumerate(found.answers()):
        if place == 200:
            pool.room = 2
    first, second = pool.answered.values()
    assert first + second == 2000 and second > 600


def test_few_requests_start_few_replicas_and_fill_those() -> None:
    pool = ScriptedPool()
    assert len(answered(run(pool, stories(3), replicas=64))) == 3
    assert len(pool.given) == 1 and len(pool.ready) + len(pool.starting) <= 3


def test_what_comes_meanwhile_is_numbered_on_and_done_first() -> None:
    requests, pool = stories(120), ScriptedPool(room=2)
    later = [requests[100:], [], requests[40:100]]
    found = Run("tiny", pool, Size(2, 4), requests[:40], lambda: later.pop() if later else [])
    assert answered(found) == expected(requests)


def test_a_model_that_no_replica_can_load_ends_the_run_with_its_sentence() -> None:
    pool = ScriptedPool(dies=lambda replica, answered: answered < 0)
    with pytest.raises(ModelFailed, match=r"no replica answered anything .* could not load its model"):
        answered(run(pool, stories(50), replicas=64))
    assert pool.given == []


def test_a_request_that_kills_whoever_has_it_ends_the_run() -> None:
    pool = ScriptedPool(dies=lambda replica, answered: answered >= 40)
    with pytest.raises(
        ModelFailed, match=r"died again and again: it was killed\. What was finished is saved"
    ):
        answered(run(pool, stories(2000), replicas=1))


def test_none_ready_for_too_long_says_what_was_asked_and_what_there_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "EVERY_SECONDS", 0.01)
    sentence = r"no replica was ready for 0 s: each asks for 1 GPU .* the cluster has 1 node .*: add nodes"
    with caplog.at_level(logging.WARNING), pytest.raises(ModelFailed, match=sentence):
        answered(run(ScriptedPool(room=0), stories(5)))
    assert "no replica is ready yet: each asks for 1 GPU" in caplog.text


def test_what_no_replica_could_read_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = ScriptedPool()

    def refusing(seconds: float) -> list[Event]:
        return [Refused("the template has no system turn")]

    monkeypatch.setattr(pool, "heard", refusing)
    with pytest.raises(BadInput, match="no system turn"):
        answered(run(pool, stories(5)))


def test_replicas_that_died_between_two_runs_are_no_deaths_of_the_second() -> None:
    requests, pool = stories(300), ScriptedPool()
    assert answered(run(pool, requests)) == expected(requests)
    pool.lose_all()
    second = run(pool, requests)
    assert answered(second) == expected(requests) and second.tally.num_deaths == 0


def test_a_lost_node_is_not_held_against_the_model() -> None:
    requests, pool = stories(300), ScriptedPool(dies=lambda replica, answered: replica <= 3 and answered == 0)
    with pytest.raises(ModelFailed, match="no replica answered anything"):
        answered(run(pool, requests, replicas=1))
    pool = ScriptedPool(dies=lambda replica, answered: replica <= 3 and answered == 0)
    pool.with_node = True
    assert answered(run(pool, requests, replicas=1)) == expected(requests)
