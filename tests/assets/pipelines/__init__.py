"""Tests of assets/pipelines."""
