"""Tests of pipelines whose judges are hosted."""
