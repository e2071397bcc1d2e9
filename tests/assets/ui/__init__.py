"""Tests of assets/ui."""
