"""Tests of assets/cli/starting."""
