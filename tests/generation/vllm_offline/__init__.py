"""Tests of generation/vllm_offline."""
