"""Tests of methods/rft/rates."""
