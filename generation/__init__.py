"""Talking to language models: one contract, several backends, one ledger."""
