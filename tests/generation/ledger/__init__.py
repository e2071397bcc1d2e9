"""Tests of generation/ledger."""
