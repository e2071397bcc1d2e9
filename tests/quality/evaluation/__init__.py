"""Tests of quality/evaluation."""
