"""Models' answers to held-out prompts, compared by a judge and searched for refusals."""
