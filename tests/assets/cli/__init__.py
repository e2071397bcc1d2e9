"""Tests of assets/cli."""
