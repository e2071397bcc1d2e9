"""Servers on 127.0.0.1 that speak the dialects of hosted models and engines, for tests and for trying out."""
