"""Tests of reviews made elsewhere."""
