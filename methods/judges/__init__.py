"""Judges themselves: items of public suites whose right judgement is known, and what judges say of them."""
