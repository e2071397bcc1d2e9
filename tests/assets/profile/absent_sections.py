"""Sections that the profiles whose fields are tested leave out, as they may be added."""

from collections.abc import Mapping

from tests.assets.mutations import Place

# a suite's file
SUITE = "tests/assets/natural.json"
MEASURED = {"judges": ["base_policy"], "files": {"llmbar": SUITE}}
# two signals, each with a reward model
SECOND = {"trainer": "reward_model", "base": "base_policy", "dataset": "preference_pairs", "training": {}}
TWO = {"helpfulness": "base_policy", "harmlessness": "second_reward_model"}
# one round of the base
LINE = {"number": 1, "policy": "base_policy", "asks": {"red_team": 1, "helpful": 1}, "training": {}}
# what both profiles leave out, of every part
OVERSIGHT: Mapping[str, object] = {
    "passages": {"number": 2},
    "debates": {
        "debater": "sft_policy",
        "judge": "base_policy",
        "protocols": ["debate", "naive", "self_consistency"],
        "max_samples": 2,
    },
    "certificate": {},
    "amplification": {
        "policy": "cold_start_policy",
        "families": ["comparisons"],
        "depth": 1,
        "votes": 2,
        "checked": False,
        "answers": {"max_tokens": 8},
    },
}
# sections that both profiles leave out and that may be added without more
ABSENT: Mapping[Place, object] = {
    ("judges", "human_agreement"): {},
    ("judges", "steering"): {},
    ("judges", "benchmark"): MEASURED,
    ("review",): {},
    ("oversight",): OVERSIGHT,
}
# a model that names the parts of a question
PARTS = {"oversight.amplification.decomposer": "model", "oversight.amplification.splitter": "base_policy"}
# what a program or a plug-in verifies is not put to a vote
CODE = {"problems.verifier.kind": "code", "oversight.amplification": None}
PLUGIN = {"problems.verifier.kind": "plugin", "oversight.amplification": None}
# values of other fields without which a field has no other value beside oversight
BESIDE_OVERSIGHT: Mapping[str, Mapping[str, object]] = {
    "oversight.amplification.decomposer": {"oversight.amplification.splitter": "base_policy"},
    "oversight.amplification.decompositions": PARTS,
    "oversight.amplification.splitter": {"oversight.amplification.decomposer": "model"},
    "oversight.debates.best_of": {"oversight.debates.preference_model": "base_policy"},
    "oversight.debates.judging.samples": {"oversight.debates.judging.verdicts": "text"},
    "oversight.debates.preference_model": {"oversight.debates.best_of": 2},
    "problems.verifier.memory_mb": CODE,
    "problems.verifier.plugin": PLUGIN,
    "problems.verifier.seconds": CODE,
}
