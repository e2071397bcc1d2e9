"""Tests of whole lines: their shipped profiles, and their small sizes built to the end."""
