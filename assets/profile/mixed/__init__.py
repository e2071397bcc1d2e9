"""Sections of the profile that join several models or datasets."""
