"""Figures that tell how far judges and principles can be trusted."""
