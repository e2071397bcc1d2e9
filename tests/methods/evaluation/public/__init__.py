"""Tests of public sets as items."""
