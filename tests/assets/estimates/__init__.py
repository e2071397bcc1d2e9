"""Tests of what a profile takes before it is built."""
