"""Public formats that import recognises: by which columns, and the rows that they become."""

from datasets_registry.importing.format import Format
from datasets_registry.importing.forms import (
    chat,
    helpsteer,
    judgements,
    pairs,
    prm800k,
    problems,
    programs,
    prompts,
    ratings,
    steps,
    trees,
)
from datasets_registry.importing.inspect import samples
from datasets_registry.rows.imported import (
    Demonstration,
    HumanPreference,
    Problem,
    StepwiseSupervision,
    UnpairedPreference,
)
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt

PREFERENCES = (
    Format("hh-rlhf", 2, HumanPreference, pairs.is_hh_rlhf, pairs.hh_rlhf),
    Format("preference", 3, HumanPreference, pairs.is_conversational, pairs.conversational),
    Format("preference-text", 1, HumanPreference, pairs.is_plain, pairs.plain),
    Format("orca-dpo", 1, HumanPreference, pairs.is_orca_dpo, pairs.orca_dpo),
    Format("ultrafeedback", 2, HumanPreference, ratings.is_ultrafeedback, ratings.ultrafeedback),
    Format(
        "helpsteer2",
        1,
        HumanPreference,
        helpsteer.is_rated,
        helpsteer.compared,
        helpsteer.answers_together,
        helpsteer.RATED_COLUMNS,
    ),
    Format("helpsteer2-preference", 1, HumanPreference, helpsteer.is_preference_2, helpsteer.preference_2),
    Format("helpsteer3", 2, HumanPreference, helpsteer.is_preference_3, helpsteer.preference_3),
    Format("pku-saferlhf", 1, HumanPreference, judgements.is_safe_rlhf, judgements.safe_rlhf),
    Format("mt-bench", 2, HumanPreference, judgements.is_mt_bench, judgements.mt_bench),
    Format(
        "oasst-trees",
        1,
        HumanPreference,
        trees.is_tree,
        trees.ranked_pair,
        trees.of_trees,
        trees.TREE_COLUMNS,
    ),
    Format(
        "oasst-messages",
        1,
        HumanPreference,
        trees.is_flat,
        trees.ranked_pair,
        trees.of_messages,
        trees.FLAT_COLUMNS,
    ),
)
STEPS = (
    Format("stepwise-ratings", 1, StepwiseSupervision, steps.is_rated_steps, steps.rated_steps),
    Format("stepwise", 1, StepwiseSupervision, steps.is_stepwise, steps.stepwise),
    Format("math-shepherd", 1, StepwiseSupervision, steps.is_math_shepherd, steps.math_shepherd),
    Format("prmbench", 1, StepwiseSupervision, steps.is_prmbench, steps.prmbench),
    Format(
        "prm800k",
        1,
        StepwiseSupervision,
        prm800k.is_prm800k,
        prm800k.rated_path,
        prm800k.solutions,
        prm800k.COLUMNS,
    ),
)
PROBLEMS = (
    Format("gsm8k", 3, Problem, problems.is_gsm8k, problems.gsm8k),
    Format("svamp", 2, Problem, problems.is_svamp, problems.svamp),
    Format("math", 1, Problem, problems.is_math, problems.math),
    Format("humaneval", 1, Problem, programs.is_humaneval, programs.humaneval),
    Format("mbpp", 1, Problem, programs.is_mbpp, programs.mbpp),
)
ANSWERS = (
    Format("inspect", 1, Demonstration, samples.is_sample, samples.right_trace),
    Format("inspect", 1, UnpairedPreference, samples.is_sample, samples.judged_trace),
    Format("unpaired", 2, UnpairedPreference, chat.is_unpaired, chat.unpaired),
    Format("prompt-completion", 2, Demonstration, chat.is_prompt_completion, chat.prompt_completion),
    Format("alpaca", 1, Demonstration, chat.is_alpaca, chat.alpaca),
    Format("chat", 3, Demonstration, chat.is_chat, chat.chat),
)
PROMPTS = tuple(
    Format("prompt-only", 2, row, prompts.is_prompt_only, prompts.prompt_only)
    for row in (HelpfulPrompt, RedTeamPrompt)
)
# where several would take a file, the first does
FORMATS = (*PREFERENCES, *STEPS, *PROBLEMS, *ANSWERS, *PROMPTS)
