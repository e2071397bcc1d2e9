"""Whether people's reviews say what they seem to: simulated reviewers of known accuracy."""
