"""Tests of the review of single labels."""
