"""The string that all our own items carry: whoever finds it in training data has found these items there."""

CANARY = "trimtab-evaluation-items 5b0c3c6e-6f0a-4d8e-9a41-3c1f5f1a7d27 not for training"
