"""What a round is measured by: its policy's answers beside those of round 0, its watch and its verdict."""

from collections.abc import Sequence

from assets.building.declared import Dataset, Names, Roles, dataset
from assets.pipelines.evaluation import answers_of, answers_settings, figures_of, grading_of
from assets.pipelines.hygiene import evaluation_leaks
from assets.preflight.conversations import require_conversations
from assets.profile.evaluation import CANARIES, Evaluation
from assets.profile.profile import Profile
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import place_of, policy_of
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from methods.evaluation.answers import BASELINE, EVALUATION_ANSWERS
from methods.evaluation.suites.names import JUDGED
from methods.judging.constitution import Constitution
from quality.rounds.settings import VerdictSettings, WatchSettings
from quality.rounds.verdict import VERDICT
from quality.rounds.watch import CANARIES as CANARY_ANSWERS
from quality.rounds.watch import FIRST, POLICY, PREVIOUS, ROUND_WATCH


def measured(
    name: str, rounds: Rounds, number: int, profile: Profile, constitution: Constitution
) -> Sequence[Dataset]:
    """``evaluation_answers/policy``, ``evaluation`` and its differences from round 0 of one round.

    The items are the profile's own, so that rounds are compared item by item.
    """
    section = profile.evaluation
    if section is None:
        return []
    at, policy = place_of(name, number), policy_of(name, number)
    require_conversations(profile, (policy,), section.suites, section.answers.max_tokens)
    leaks = evaluation_leaks((EvaluationItem.dataset,), (policy,), profile.models, at)
    answers = dataset(
        f"{at}{SuiteAnswer.dataset}/policy",
        EVALUATION_ANSWERS,
        answers_settings(policy, section, profile, grading_of(section, profile, constitution)),
        group=name,
        inputs={EvaluationItem.dataset: EvaluationItem.dataset, BASELINE: answers_of(rounds.policy)},
        models={"model": policy, "judge": section.judge or "", "rewards": section.rewards},
        waits=tuple(leak.name for leak in leaks),
    )
    canaries, first = canaries_of(section), rounds.policy
    together = (answers_of(first), answers.name, *canaries)
    return [
        *leaks,
        answers,
        *figures_of(together, section, first, at, EvaluationItem.dataset, name),
        *decided(name, rounds, number, answers.name, canaries),
    ]


def canaries_of(section: Evaluation) -> Names:
    """The answers that give nothing, where a judge grades them."""
    judged = section.judge and any(suite in JUDGED for suite in section.suites)
    return (answers_of(CANARIES),) if judged else ()


def decided(name: str, rounds: Rounds, number: int, answers: str, canaries: Names) -> Sequence[Dataset]:
    """``round_watch`` and ``verdict`` of one round, beside round 0 and the round that it began from."""
    at, earlier = place_of(name, number), [place_of(name, before) for before in range(1, number)]
    first = answers_of(rounds.policy)
    watches = tuple(place + RoundWatch.dataset for place in earlier)
    verdicts = tuple(place + Verdict.dataset for place in earlier)
    watch: Roles = {
        EvaluationItem.dataset: EvaluationItem.dataset,
        SuiteAnswer.dataset: answers,
        FIRST: first,
        PREVIOUS: f"{earlier[-1]}{SuiteAnswer.dataset}/policy" if earlier else first,
        CANARY_ANSWERS: canaries,
        **_labels(rounds, at),
        Divergence.dataset: at + Divergence.dataset if rounds.divergence else (),
        RoundWatch.dataset: watches,
        Verdict.dataset: verdicts,
    }
    own = at + RoundWatch.dataset
    verdict: Roles = {RoundWatch.dataset: (own, *watches), Verdict.dataset: verdicts}
    return [
        dataset(
            own,
            ROUND_WATCH,
            WatchSettings(round=number, watch=rounds.watch),
            group=name,
            inputs=watch,
            models={POLICY: policy_of(name, number)},
        ),
        dataset(
            at + Verdict.dataset,
            VERDICT,
            VerdictSettings(round=number, rules=rounds.verdict),
            group=name,
            inputs=verdict,
        ),
    ]


def _labels(rounds: Rounds, at: str) -> dict[str, str]:
    """The datasets that tell of how many prompts there is something to learn."""
    asked = (
        (AmplifiedAnswer.dataset,)
        if rounds.is_amplified
        else ((Candidate.dataset,) if rounds.is_verified else ())
    )
    return {name: at + name for name in (*asked, rounds.learns)}
