"""What judged suites have in common: scores, comparisons with the baseline, refusals, rules and lengths."""
