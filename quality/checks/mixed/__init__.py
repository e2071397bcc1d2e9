"""Checks of datasets that join others."""
