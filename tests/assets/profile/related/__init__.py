"""Tests of assets/profile/related."""
