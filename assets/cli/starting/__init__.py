"""The command that a first day begins with."""
