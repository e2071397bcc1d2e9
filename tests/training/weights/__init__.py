"""Tests of models that are made of weights alone."""
