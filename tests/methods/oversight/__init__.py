"""Tests of scalable oversight."""
