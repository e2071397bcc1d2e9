"""A registry with a history: a policy's pairs, two judges in four rounds, preferences, a trained model.

Only the models are scripted; rows, ledger keys, checks and versions are made as the pipeline makes them.
"""

import json
import shutil
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from datasets_registry.hashing import derive_seed, digest
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import Grade, SuiteAnswer, SuiteFigure
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.rows.words import Kind, Signal
from datasets_registry.state import State
from datasets_registry.version import Derivation, Version
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend, chosen
from generation.spending import Meter, Price
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs
from methods.rlaif.pairs import PairSettings, pair_samples, sample_completions
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.rows import make

NUM_PROMPTS = 12
_TEN_CENTS = Price(prompt=0.1, completion=0.4)
PAIRS = PairSettings(answers=SamplingParams(temperature=0.7, max_tokens=6))
SIGNALS: dict[Kind, tuple[Signal, ...]] = {"red_team": ("harmlessness",), "helpful": ("harmlessness",)}
LABELS = LabelSettings(weights={"red_team": {"harmlessness": 1}, "helpful": {"harmlessness": 1}})


@dataclass(frozen=True)
class Round:
    """One round of judging: which judge, how sure it must be, and what its first principle asks."""

    judge: str
    code: str = "judge-1"
    max_outside: float = 0.5
    question: str = "Which response is kinder?"


ROUNDS = (
    Round("judge one"),
    Round("judge one", code="judge-2", max_outside=0.15),
    Round("judge one", question="Which response is kinder to the reader?"),
    Round("judge two"),
)


class Traced:
    """The versions made, by name and number."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.prompts = [self._prompts(kind) for kind in (RedTeamPrompt, HelpfulPrompt)]
        self.policy = self._model("sft_policy", "policy", {})
        self.pairs = self._pairs()
        self.preferences = [self._judge(setup) for setup in ROUNDS]
        self.trained = self._trained()
        self._evaluate()

    def copied_to(self, state: State) -> "Traced":
        """The same history in another state folder, to break things in."""
        shutil.copytree(self.registry.state.root, state.root, dirs_exist_ok=True)
        other = copy(self)
        other.registry = Registry(state)
        other.registry.refresh_views()
        return other

    def publish(
        self,
        row: type[Row],
        rows: Sequence[Row],
        code: str,
        settings: dict[str, object],
        *inputs: Version,
    ) -> Version:
        """Write, audit, publish."""
        how = Derivation(code_version=code, settings=settings, inputs=inputs, run_id="run-1")
        version = self.registry.commit(row, rows, how)
        results = [
            run_check(check, self.registry, version, self._all(inputs)) for check in checks_of(row.dataset)
        ]
        return self.registry.record_checks(version, results)

    def _all(self, inputs: Sequence[Version]) -> list[Version]:
        """The inputs and what they came from, which checks may read."""
        further = [up for version in inputs for up in self._all(self.registry.derivation(version).inputs)]
        return [*further, *inputs]

    def _prompts(self, row: type[Prompt]) -> Version:
        rows = [
            make(row, f"{row.dataset[0]}{place:02d}", category="ab"[place % 2] + row.dataset[:4])
            for place in range(NUM_PROMPTS)
        ]
        return self.publish(row, rows, "prompts-1", {"seed": 0})

    def _model(self, name: str, text: str, manifest: dict[str, object], *inputs: Version) -> Version:
        folder = self.registry.state.models / name / digest(text)[:16]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text("{}")
        if manifest:
            (folder / "manifest.json").write_text(json.dumps(manifest))
        how = Derivation(code_version="model-1", settings={"model": text}, inputs=inputs)
        return self.registry.record_checks(self.registry.commit_model(name, folder, digest(text), how), [])

    def completer(self, model: str, asset: str) -> Completer:
        """A scripted model behind the real ledger."""
        backend = ScriptedBackend(lambda request: reply(model, request), model=model)
        ledger = Ledger(self.registry.state.ledger)
        return Completer(backend, ledger, asset=asset, report=lambda _: None, meter=Meter(_TEN_CENTS))

    def _pairs(self) -> Version:
        kinds: tuple[tuple[Kind, type[Prompt]], ...] = (
            ("red_team", RedTeamPrompt),
            ("helpful", HelpfulPrompt),
        )
        prompts = [
            (kind, prompt)
            for (kind, row), version in zip(kinds, self.prompts, strict=True)
            for prompt in self.registry.rows(row, version)
        ]
        complete = self.completer("policy", "completion_pairs")
        rows = pair_samples(sample_completions(prompts, complete, complete.backend.fingerprint, PAIRS), PAIRS)
        settings = PAIRS.model_dump(mode="json")
        return self.publish(CompletionPair, rows, "pairs-1", settings, *self.prompts, self.policy)

    def _judge(self, setup: Round) -> Version:
        """One round: judgements and the preferences that follow from them."""
        principles = {"kind": _principle(setup.question), "brief": _principle("Which is shorter?")}
        judge = self._model("base_policy", setup.judge, {})
        settings = JudgementSettings(
            max_outside_probability=setup.max_outside, signals=SIGNALS, principles=principles
        )
        pairs = self.registry.rows(CompletionPair, self.pairs)
        complete = self.completer(setup.judge, "ai_judgements")
        model = complete.backend.fingerprint
        verdicts = list(judge_pairs(pairs, "base_policy", complete, model, settings))
        judged = self.publish(
            AiJudgement, verdicts, setup.code, settings.model_dump(mode="json"), self.pairs, judge
        )
        labels = label_pairs(pairs, verdicts, LABELS)
        return self.publish(
            PreferencePair, labels, "judge-1", LABELS.model_dump(mode="json"), self.pairs, judged
        )

    def _trained(self) -> Version:
        data = self.preferences[2]
        manifest = {
            "base": reference(self.policy),
            "datasets": {"train": reference(data)},
            "rows": {"given": data.num_rows, "trained": 4},
            "metrics": {"loss": 0.4},
            "settings": {"beta": 0.1},
            "seconds": 3.0,
        }
        return self._model("dpo_policy", "trained", manifest, self.policy, data)

    def _evaluate(self) -> None:
        answers = [
            make(
                SuiteAnswer,
                f"e{place:02d}",
                model="dpo_policy",
                suite="harmlessness" if kind == "red_team" else "helpfulness",
                category="ab"[place % 2] + f"{kind}_prompts"[:4],
                grades=[Grade(name="win", value=0.8, word="win" if place % 3 else "tie")],
            )
            for kind in ("red_team", "helpful")
            for place in ((0, 1, 2, 3) if kind == "helpful" else (4, 5, 6, 7))
        ]
        how = Derivation(code_version="evaluation-1", settings={}, inputs=(self.trained,))
        version = self.registry.record_checks(self.registry.commit(SuiteAnswer, answers, how), [])
        figure = SuiteFigure(
            model="dpo_policy",
            suite="helpfulness",
            metric="win_rate",
            value=0.7,
            low=0.5,
            high=0.9,
            num_items=4,
        )
        self.publish(SuiteFigure, [figure], "evaluation-1", {}, version)


def reference(version: Version) -> dict[str, object]:
    """A version as a manifest names it."""
    return {"name": version.name, "number": version.number, "data_version": version.data_version}


def _principle(question: str) -> JudgedPrinciple:
    return JudgedPrinciple(signal="harmlessness", preference_question=question)


def reply(model: str, request: Request) -> str | Completion:
    """A judge's choice, or a policy's answer, that hangs on nothing but the model and the request."""
    place = derive_seed(model, request.messages[0].content, request.sample)
    if request.choices:
        outside = 0.2 if place % 7 == 0 else 0.1
        first = (0.55, 0.7, 0.2, 0.1)[place // 7 % 4]
        return chosen(first, 1 - outside - first).model_copy(
            update={"num_prompt_tokens": 40, "num_completion_tokens": 1}
        )
    if place % 9 == 0:
        return "an answer that goes on and on and on"
    return f"{('yes', 'no', 'a full answer')[place % 3]} in {1 + place % 2}"
