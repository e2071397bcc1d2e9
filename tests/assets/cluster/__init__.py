"""Tests of a cluster's Dagster, and of services that end with whoever needs them."""
