"""Tests of assets/building."""
