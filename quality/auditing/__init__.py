"""Versions judged by their checks, verified, and rows explained."""
