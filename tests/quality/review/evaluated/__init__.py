"""Tests of the review of evaluation."""
