"""Tests of assets/profile."""
