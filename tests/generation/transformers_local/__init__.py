"""Tests of generation/transformers_local."""
