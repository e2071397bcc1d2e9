"""Tests of methods/judging."""

from datasets_registry.state import REPOSITORY

# the constitution that the shipped profiles name
CONSTITUTION = REPOSITORY / "methods" / "judging" / "constitution.toml"
