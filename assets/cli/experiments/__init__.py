"""Experiments on the command line: which one a command is about, and two side by side."""
