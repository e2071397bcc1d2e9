"""TRL runs: one file per trainer, each runnable alone: ``python -m training.sft --config run.json``."""
