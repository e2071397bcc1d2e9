"""Tests of generation/anthropic_api."""
