"""Tests of generation/models."""
