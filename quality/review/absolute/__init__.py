"""Review of single labels: steps, revisions and evaluation answers, by the machinery of pairs."""
