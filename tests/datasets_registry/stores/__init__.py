"""Tests of where files lie: in the state folder and in buckets."""
