"""Debates: every protocol in both seatings, planted models, matched tokens, kills and refusals."""

from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from generation.request import Completion, Request
from generation.scripted import Script, ScriptedBackend, chosen
from methods.oversight import debates as debates_module
from methods.oversight.asked import Asked
from methods.oversight.debates import DEBATES, debate_templates
from methods.oversight.passage_debates import argue_passages
from methods.oversight.settings import DebateSettings
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, unused_prompts
from tests.methods.oversight.debating import argues, debated, judges_by_quotes, text_of
from tests.methods.oversight.oversight_rows import CHAINS
from tests.rows import make

SETTINGS = DebateSettings(rounds=2, max_samples=20)
DEBATE = DebateSettings(protocols=("debate",))
QUESTION = make(OversightQuestion)
OTHER_CHAINS = CHAINS | {"question_id": "c2", "prompt": "2+1+1?"}
SWAPPED = make(OversightQuestion, question_id="q2", answer_a="Jon Pike", answer_b="Mara Holt", gold="b")


def of(rows: list[Debate], protocol: str) -> list[Debate]:
    return [row for row in rows if row.protocol == protocol]


def test_every_protocol_is_judged_in_both_seatings(tmp_path: Path) -> None:
    rows = debated([QUESTION, SWAPPED], tmp_path, SETTINGS)
    seats = {(row.question_id, row.protocol, row.argued, row.swap) for row in rows}
    assert len(seats) == len(rows) == 2 * 2 * 7 and not any(row.failure for row in rows)
    credit = {
        name: sum(row.credit or 0 for row in of(rows, name)) / len(of(rows, name))
        for name in SETTINGS.protocols
    }
    # without the passage the judge takes the first seat, and a forged quote convinces nobody
    assert credit["naive"] == credit["self_consistency"] == 0.5
    assert credit["direct"] == credit["debate"] == credit["open_consultancy"] == 1.0
    assert {row.argued for row in of(rows, "open_consultancy")} == {"a", "b"}
    for row in of(rows, "debate"):
        assert row.p_a is not None and row.p_first == (1 - row.p_a if row.swap else row.p_a)
        assert [(turn.round, turn.side) for turn in row.turns] == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
        assert row.num_quotes == 4 and row.num_unverified == 2 and len(row.judge_keys) == 1


def test_own_replies_take_as_many_tokens_as_the_debate(tmp_path: Path) -> None:
    rows = debated([QUESTION], tmp_path, SETTINGS)
    for debate, own in zip(of(rows, "debate"), of(rows, "self_consistency"), strict=True):
        each = own.num_tokens / own.num_samples
        assert own.num_samples > 1 and debate.num_tokens <= own.num_tokens < debate.num_tokens + each
        assert len(own.judge_keys) == own.num_samples == len(set(own.judge_keys))


def test_a_judge_that_always_takes_the_first_seat_is_right_half_the_time(tmp_path: Path) -> None:
    rows = debated([QUESTION], tmp_path, DEBATE, judge=lambda request: chosen(0.9, 0.1))
    assert [row.credit for row in rows] == [1.0, 0.0] and [row.verdict for row in rows] == ["a", "b"]
    even = debated([SWAPPED], tmp_path / "even", DEBATE, judge=lambda request: chosen(0.5, 0.5))
    assert {row.verdict for row in even} == {"tie"} and {row.credit for row in even} == {0.5}


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (lambda request: " ", "side a says nothing in round 1"),
        (lambda request: "The keeper was here.", "side b repeats what was said in round 1"),
        (lambda request: f"{argues(request)} I concede.", "side a gives its answer up in round 1"),
        (
            lambda request: f"{argues(request)} I was assigned to say so.",
            "side a says which side it was given",
        ),
        (
            lambda request: Completion(finish_reason="error", error="down"),
            "side a got no argument in round 1",
        ),
    ],
)
def test_a_void_debate_has_a_reason_and_no_label(said: Script, failure: str, tmp_path: Path) -> None:
    asked: list[Request] = []

    def judge(request: Request) -> Completion:
        asked.append(request)
        return chosen(0.9, 0.1)

    for order in ("simultaneous", "in_turns"):
        rows = debated([QUESTION], tmp_path, DebateSettings(protocols=("debate",), order=order), said, judge)
        assert len(rows) == 2 and not asked
        for row in rows:
            assert (row.verdict, row.p_a, row.credit, row.num_samples) == (None, None, None, 0)
            # in turns the other side begins where seats are swapped
            assert row.failure is not None and row.failure[7:].startswith(failure[7:]) and row.turns
            assert order == "in_turns" or row.failure.startswith(failure)


def test_a_judge_that_says_nothing_is_a_reason(tmp_path: Path) -> None:
    rows = debated([QUESTION], tmp_path, DEBATE, judge=lambda request: chosen(0.1, 0.1))
    assert {row.failure for row in rows} == {"80% of the probability lies outside the choices"}
    assert {row.verdict for row in rows} == {None}


def test_a_turn_of_all_debates_is_one_call_and_sees_only_what_came_before() -> None:
    calls: list[list[str]] = []
    backend = ScriptedBackend(argues)

    def complete(stage: str, requests: list[Request]) -> list[Completion]:
        calls.append([text_of(request) for request in requests])
        return backend.in_order(stage, requests)

    debater = Asked(complete, "m", "debater")  # type: ignore[arg-type]
    for order, sizes in (("simultaneous", [4, 4, 4]), ("in_turns", [4] * 6)):
        calls.clear()
        settings = DebateSettings(protocols=("debate",), rounds=3, order=order)
        argue_passages([QUESTION, SWAPPED], debater, settings)
        assert [len(call) for call in calls] == sizes
        seen = [{text.count(", round ") for text in call} for call in calls]
        assert seen == ([{0}, {2}, {4}] if order == "simultaneous" else [{n} for n in range(6)])


def test_a_killed_run_that_is_resumed_asks_nothing_twice(tmp_path: Path) -> None:
    asked: list[str] = []

    def counting(model: str, script: Script, stop_at: int | None) -> Script:
        def answer(request: Request) -> str | Completion:
            if stop_at is not None and len(asked) == stop_at:
                raise KeyboardInterrupt
            asked.append(f"{model} {request.model_dump_json()}")
            return script(request)

        return answer

    questions = [QUESTION, SWAPPED, make(OversightQuestion, **CHAINS, gold="a")]

    def run(folder: Path, stop_at: int | None) -> list[Debate]:
        return debated(
            questions,
            folder,
            SETTINGS,
            counting("debater", argues, stop_at),
            counting("judge", judges_by_quotes, stop_at),
        )

    for stop_at in (3, 9, 30):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed", stop_at)
    resumed = run(tmp_path / "killed", None)
    num_asked = len(asked)
    run(tmp_path / "killed", None)
    assert len(asked) == num_asked == len(set(asked))
    assert run(tmp_path / "whole", None) == resumed and len(asked) == 2 * num_asked


@pytest.mark.parametrize("order", ["simultaneous", "in_turns"])
def test_windows_change_nothing(order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SETTINGS.model_copy(update={"order": order})
    questions = [
        QUESTION,
        SWAPPED,
        make(OversightQuestion, **CHAINS),
        make(OversightQuestion, **OTHER_CHAINS),
    ]
    whole = debated(questions, tmp_path / "whole", settings)
    monkeypatch.setattr(debates_module, "WINDOW", 1)
    parts = debated(questions, tmp_path / "parts", settings)
    assert sorted(map(repr, parts)) == sorted(map(repr, whole)) and len(whole) == 4 * 2 * 7


def test_a_judge_that_argues_itself_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    def never(request: Request) -> str:
        raise AssertionError(request)

    model = ScriptedModel("one", tmp_path, never)
    models = ModelsByRole({"debater": (model,), "judge": (model,)})
    inputs = MemoryInputs({"oversight_questions": [QUESTION]})
    with pytest.raises(BadInput, match="'one' judges what it argues itself: name a weaker model"):
        list(DEBATES.run(inputs, models, SETTINGS))
    solved = MemoryInputs({"oversight_questions": [make(OversightQuestion, **CHAINS | {"policy": "one"})]})
    models = ModelsByRole({"debater": (ScriptedModel("other", tmp_path),), "judge": (model,)})
    with pytest.raises(BadInput, match="'one' judges solutions that it wrote: name a weaker model"):
        list(DEBATES.run(solved, models, SETTINGS))
    with pytest.raises(BadInput, match="best_of is 3, and no model chooses the best argument"):
        list(DEBATES.run(inputs, models, DebateSettings(best_of=3)))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"words": 0}, "words"),
        ({"rounds": 0}, "rounds"),
        ({"protocols": ()}, "protocols"),
        ({"protocols": ("naive", "self_consistency")}, "add 'debate' to protocols"),
    ],
)
def test_settings_that_debate_nothing_are_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DebateSettings.model_validate(fields)


def test_every_declared_template_is_filled(tmp_path: Path) -> None:
    roles = {
        "debater": ScriptedModel("d", tmp_path, argues),
        "judge": ScriptedModel("j", tmp_path, judges_by_quotes),
    }
    models = ModelsByRole({role: (model,) for role, model in roles.items()})
    inputs = MemoryInputs({"oversight_questions": [QUESTION]})
    assert len(debate_templates(SETTINGS)) == 7
    assert unused_prompts(DEBATES, SETTINGS, inputs, models) == set()
