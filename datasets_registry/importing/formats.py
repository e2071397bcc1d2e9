"""Public formats that import recognises: by which columns, and the rows that they become."""

from datasets_registry.importing.format import Format
from datasets_registry.importing.forms import chat, pairs, problems, ratings
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem, UnpairedPreference

PREFERENCES = (
    Format("hh-rlhf", 2, HumanPreference, pairs.is_hh_rlhf, pairs.hh_rlhf),
    Format("preference", 2, HumanPreference, pairs.is_conversational, pairs.conversational),
    Format("preference-text", 1, HumanPreference, pairs.is_plain, pairs.plain),
    Format("orca-dpo", 1, HumanPreference, pairs.is_orca_dpo, pairs.orca_dpo),
    Format("ultrafeedback", 2, HumanPreference, ratings.is_ultrafeedback, ratings.ultrafeedback),
)
PROBLEMS = (
    Format("gsm8k", 3, Problem, problems.is_gsm8k, problems.gsm8k),
    Format("svamp", 2, Problem, problems.is_svamp, problems.svamp),
)
ANSWERS = (
    Format("unpaired", 1, UnpairedPreference, chat.is_unpaired, chat.unpaired),
    Format("prompt-completion", 1, Demonstration, chat.is_prompt_completion, chat.prompt_completion),
    Format("alpaca", 1, Demonstration, chat.is_alpaca, chat.alpaca),
    Format("chat", 2, Demonstration, chat.is_chat, chat.chat),
)
FORMATS = (*PREFERENCES, *PROBLEMS, *ANSWERS)
