"""Tests of generation/openai_server."""
