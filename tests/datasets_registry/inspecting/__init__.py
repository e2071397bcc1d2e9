"""Tests of datasets_registry/inspecting."""
