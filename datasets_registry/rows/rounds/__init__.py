"""Row types of rounds: one module a row type."""
