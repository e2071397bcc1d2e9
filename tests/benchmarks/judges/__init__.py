"""Tests of the judges' benchmark."""
