"""Tests of the checks of scalable oversight."""
