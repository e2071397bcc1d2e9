"""All that trainers import, for processes that are forked from the one that imported it."""

from tests.training.forked import load_everything

load_everything()
