"""Review of evaluation: comparisons with the baseline, and figures by people beside those by grades."""
