"""Tests of quality/hygiene."""
