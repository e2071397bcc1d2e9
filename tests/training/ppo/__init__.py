"""Tests of training/ppo."""
