"""The best of several arguments, by a real reward model."""

from contextlib import closing
from pathlib import Path

from transformers import AutoModelForSequenceClassification

from datasets_registry.rows.oversight.questions import OversightQuestion
from generation.request import Request
from generation.scoring.outcomes import Answered, OutcomeScorer
from methods.oversight.debates import DEBATES
from methods.oversight.settings import DebateSettings
from tests.generation.scoring.headed import headed
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.methods.oversight.debating import judges_by_quotes
from tests.rows import make
from tests.tiny_model import write_tiny_model

SETTINGS = DebateSettings(protocols=("debate",), rounds=1, best_of=4)
DRAWS = ("The keeper kept bees.", "Holt", "It was the harbour of 1820!", "Nobody else is named there at all.")


def test_a_reward_model_chooses_the_argument_that_it_scores_most(
    tmp_path: Path,
) -> None:
    wide = write_tiny_model(tmp_path / "wide", initializer_range=0.1, max_position_embeddings=4096)
    folder = headed(wide, tmp_path / "scorer", AutoModelForSequenceClassification, 1)
    asked: list[Request] = []

    def drawn(request: Request) -> str:
        asked.append(request)
        return DRAWS[request.sample]

    roles = {
        "debater": ScriptedModel("debater", tmp_path, drawn),
        "judge": ScriptedModel("judge", tmp_path, judges_by_quotes),
        "preference_model": ScriptedModel("preference_model", folder),
    }
    models = ModelsByRole({role: (model,) for role, model in roles.items()})
    inputs = MemoryInputs({"oversight_questions": [make(OversightQuestion)]})
    row, _ = rows_of(DEBATES, SETTINGS, inputs, models)
    messages = {side: request.messages for request in asked for side in "ab" if _argues(request, side)}
    with closing(OutcomeScorer(folder)) as scorer:
        for turn in row.turns:
            scores = scorer.scores([Answered(messages[turn.side], text) for text in DRAWS])
            known = [score for score in scores if score is not None]
            assert len(known) == 4 and DRAWS[known.index(max(known))] == turn.argument
            assert turn.num_drawn == 4 and turn.score is not None and abs(turn.score - max(known)) < 1e-3


def _argues(request: Request, side: str) -> bool:
    answer = {"a": "Mara Holt", "b": "Jon Pike"}[side]
    return f"Your answer, which you argue for:\n> {answer}" in request.messages[0].content
