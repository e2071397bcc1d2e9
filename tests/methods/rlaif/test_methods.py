"""The methods of RLAIF: what their roles and settings give, and what their recipes hold."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from datasets_registry.hashing import digest
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judges import CompletionScore, HumanAgreement
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.rows.words import Kind, Signal
from datasets_registry.settings import Settings
from generation.request import Completion, Request, SamplingParams
from generation.scripted import chosen
from methods.judging.comparison import ComparisonSettings
from methods.judging.score import DIGITS, ScoreSettings
from methods.method import Method
from methods.rlaif.compared import AgreementSelection, selected
from methods.rlaif.judgements import AI_JUDGEMENTS, JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.labels import PREFERENCE_PAIRS, LabelSettings, label_pairs
from methods.rlaif.pairs import COMPLETION_PAIRS, PairSettings, pair_samples, sample_completions
from methods.rlaif.people import HUMAN_AGREEMENT, AgreementSettings, agree
from methods.rlaif.scores import AI_SCORES, CompletionScoreSettings, score_pairs
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of, unused_prompts
from tests.rows import make

S = TypeVar("S", bound=Settings)
WEIGHTS: dict[Kind, dict[Signal, float]] = {
    "red_team": {"harmlessness": 1, "helpfulness": 3},
    "helpful": {"helpfulness": 1, "honesty": 1},
}
SAMPLED = {"answers": SamplingParams(max_tokens=8), "num_samples": 4}
BEST_WORST = {"selection": "best_worst", "scores": ScoreSettings(), "weights": WEIGHTS}
PRINCIPLES = {
    "kind": JudgedPrinciple(signal="helpfulness", preference_question="Which is kind?"),
    "safe": JudgedPrinciple(signal="harmlessness", preference_question="Which is safe?"),
}
PROMPTS: dict[str, list[Row]] = {
    "red_team_prompts": [
        make(RedTeamPrompt, f"r{number}", split="evaluation" if number > 2 else "train")
        for number in range(5)
    ],
    "helpful_prompts": [make(HelpfulPrompt, f"h{number}") for number in range(3)],
}
PAIRS = [
    make(CompletionPair, f"p{number}", completion_a="a" * number, key_a=f"k{number}")
    for number in range(1, 6)
]
PEOPLE = [make(HumanPreference, f"q{number}", rejected="no" * number) for number in range(1, 9)]


def script(request: Request) -> str | Completion:
    """Texts, verdicts and scores that follow from the request."""
    number = int(digest([[turn.content for turn in request.messages], request.sample])[:6], 16)
    if request.choices == DIGITS:
        return chosen(*(float(digit == DIGITS[number % 9]) for digit in DIGITS))
    if request.choices:
        share = 0.2 + number % 7 / 10
        return chosen(*([share, 1 - share] if len(request.choices) == 2 else [0.0]))
    return f"text {number}"


def models(folder: Path, **roles: tuple[str, ...]) -> ModelsByRole:
    """Scripted models by role."""
    return ModelsByRole(
        {
            role: [ScriptedModel(name, folder / name, script) for name in names]
            for role, names in roles.items()
        }
    )


def pair_settings(**fields: Any) -> PairSettings:
    """Four samples of each prompt."""
    return PairSettings.model_validate(SAMPLED | fields)


def assert_declares(method: Method[S], settings: S, folder: Path, *templates: str) -> None:
    """The method declares these templates under the settings, and fills each of them."""
    datasets = dict[str, Sequence[Row]](PROMPTS) | {"completion_pairs": PAIRS, "human_preferences": PEOPLE}
    roles = models(folder, policy=("policy",), judge=("judge",), judges=("judge",))
    assert set(method.prompts(settings)) == set(templates)
    assert not unused_prompts(method, settings, MemoryInputs(datasets), roles)


def test_the_policys_samples_of_all_training_prompts_are_paired(tmp_path: Path) -> None:
    roles, how = models(tmp_path, policy=("sft_policy",)), pair_settings()
    made: list[CompletionPair] = rows_of(COMPLETION_PAIRS, how, MemoryInputs(PROMPTS), roles)
    assert {row.prompt_id for row in made} == {"r0", "r1", "r2", "h0", "h1", "h2"}
    assert {row.kind for row in made if row.prompt_id.startswith("r")} == {"red_team"}
    prompts = [("helpful", row) for row in PROMPTS["helpful_prompts"]]
    prompts += [("red_team", row) for row in PROMPTS["red_team_prompts"][:3]]
    with roles["policy"].completer() as complete:
        samples = sample_completions(prompts, complete, complete.backend.fingerprint, how)  # type: ignore[arg-type]
    assert made == pair_samples(samples, how)


def test_the_signal_that_weighs_most_scores_the_samples_of_its_kind(tmp_path: Path) -> None:
    how = pair_settings(**BEST_WORST)
    assert how.signals == {"red_team": "helpfulness", "helpful": "helpfulness"}
    seen: list[str] = []

    def recorded(request: Request) -> str | Completion:
        seen.extend([request.messages[0].content] if request.choices else [])
        return script(request)

    judge = ScriptedModel("judge", tmp_path / "judge", recorded)
    roles = ModelsByRole({"policy": models(tmp_path, policy=("p",)).roles["policy"], "judge": [judge]})
    made: list[CompletionPair] = rows_of(COMPLETION_PAIRS, how, MemoryInputs(PROMPTS), roles)
    assert len(made) == 6 and all(row.score_a is not None and row.score_b is not None for row in made)
    assert seen and all("all the help that the user needs" in text for text in seen)


def test_other_weights_are_another_recipe_of_pairs_only_where_they_choose() -> None:
    harmless = WEIGHTS | {"red_team": {"harmlessness": 3.0, "helpfulness": 1.0}}
    before, after = pair_settings(**BEST_WORST), pair_settings(**BEST_WORST | {"weights": harmless})
    assert before.model_dump(mode="json") != after.model_dump(mode="json")
    assert after.signals["red_team"] == "harmlessness"
    assert pair_settings().model_dump(mode="json", include={"scores", "weights"}) == {
        "scores": None,
        "weights": None,
    }
    for fields in ({"weights": WEIGHTS}, {"selection": "best_worst", "weights": WEIGHTS}):
        with pytest.raises(ValueError, match="scores and weights go with selection best_worst"):
            pair_settings(**fields)


def test_pairs_declare_score_templates_only_where_samples_are_scored(tmp_path: Path) -> None:
    assert_declares(COMPLETION_PAIRS, pair_settings(), tmp_path)
    assert_declares(COMPLETION_PAIRS, pair_settings(system_prompt="brief"), tmp_path, "brief")
    scored = pair_settings(**BEST_WORST)
    assert_declares(COMPLETION_PAIRS, scored, tmp_path, "answer_score", "score", "score_helpfulness")


def test_every_judge_judges_every_usable_pair(tmp_path: Path) -> None:
    how = JudgementSettings(principles=PRINCIPLES)
    roles = models(tmp_path, judges=("judge_a", "round_01/policy"))
    broken = make(CompletionPair, "p9", failure="completion a: truncated")
    inputs = MemoryInputs({"completion_pairs": [*PAIRS, broken]})
    made: list[AiJudgement] = rows_of(AI_JUDGEMENTS, how, inputs, roles)
    alone: list[AiJudgement] = []
    for judge in roles.every("judges"):
        with judge.completer() as complete:
            alone += list(judge_pairs(PAIRS, judge.name, complete, complete.backend.fingerprint, how))
    assert made == alone and {row.judge for row in made} == {"judge_a", "round_01/policy"}


def test_judgements_declare_the_reasoning_only_where_it_is_asked_for(tmp_path: Path) -> None:
    how = JudgementSettings(principles=PRINCIPLES)
    assert_declares(AI_JUDGEMENTS, how, tmp_path, "judge")
    reasoned = how.model_copy(update={"reasoning_tokens": 8})
    assert_declares(AI_JUDGEMENTS, reasoned, tmp_path, "judge", "reasoning")
    dump = how.model_dump(mode="json")
    assert dump["principles"]["kind"] == {
        "signal": "helpfulness",
        "preference_question": "Which is kind?",
        "rule": None,
    }
    # a greedy judge leaves the recipe as it was before judges could be otherwise
    assert set(dump) == set(JudgementSettings.model_fields) - {"greedy"} and "judges" not in dump


def test_labels_follow_from_pairs_and_judgements_without_a_model() -> None:
    judgements = [
        make(AiJudgement, f"p{number}", order=order, p_first=p)
        for number in (1, 2)
        for order, p in (("ab", 0.9), ("ba", 0.2))
    ]
    inputs = MemoryInputs({"completion_pairs": PAIRS, "ai_judgements": judgements})
    made: list[PreferencePair] = rows_of(PREFERENCE_PAIRS, LabelSettings(), inputs)
    assert made == label_pairs(PAIRS, judgements, LabelSettings())
    assert [row.label for row in made] == ["a", "a", "unjudged", "unjudged", "unjudged"]


def test_weights_are_summed_in_one_order_however_they_are_written() -> None:
    weights: dict[Signal, float] = {"harmlessness": 0.1, "helpfulness": 0.2, "honesty": 0.7}
    judgements = [
        make(AiJudgement, "p1", order=order, p_first=p, signal=signal, principle_id=signal)
        for signal, p_a in (("harmlessness", 0.61), ("helpfulness", 0.83), ("honesty", 0.37))
        for order, p in (("ab", p_a), ("ba", 1 - p_a))
    ]
    one, other = (
        label_pairs(PAIRS[:1], judgements, LabelSettings(weights={"helpful": dict(ordered)}))
        for ordered in (weights.items(), reversed(weights.items()))
    )
    assert one == other


def test_scores_are_taken_for_the_signals_of_each_kind(tmp_path: Path) -> None:
    how = CompletionScoreSettings(signals={"helpful": ("helpfulness", "honesty")})
    roles = models(tmp_path, judge=("judge_a",))
    made: list[CompletionScore] = rows_of(AI_SCORES, how, MemoryInputs({"completion_pairs": PAIRS}), roles)
    with roles["judge"].completer() as complete:
        assert made == list(score_pairs(PAIRS, "judge_a", complete, complete.backend.fingerprint, how))
    assert {row.signal for row in made} == {"helpfulness", "honesty"}
    names = ("answer_score", "score", "score_helpfulness", "score_honesty")
    assert_declares(AI_SCORES, how, tmp_path, *names)


def test_people_are_compared_with_the_judge_by_drawn_questions(tmp_path: Path) -> None:
    how = AgreementSettings(num_pairs=5, questions={"true": "Which is true?", "open": "Which is open?"})
    roles = models(tmp_path, judge=("judge_a",))
    inputs = MemoryInputs({"human_preferences": PEOPLE})
    made: list[HumanAgreement] = rows_of(HUMAN_AGREEMENT, how, inputs, roles)
    with roles["judge"].completer() as complete:
        assert made == agree(PEOPLE, "judge_a", complete, complete.backend.fingerprint, how)
    assert len(made) == 5 and {row.principle_id for row in made} == {"true", "open"}
    assert_declares(HUMAN_AGREEMENT, how, tmp_path, "judge")
    reasoned = how.model_copy(update={"comparison": ComparisonSettings(reasoning_tokens=8)})
    assert_declares(HUMAN_AGREEMENT, reasoned, tmp_path, "judge", "reasoning")


def test_people_are_compared_with_the_judge_on_texts_alone() -> None:
    thought = make(HumanPreference, "thought", chosen_reasoning="Hm.")
    assert selected([*PEOPLE[:1], thought], AgreementSelection(num_pairs=9)) == PEOPLE[:1]
