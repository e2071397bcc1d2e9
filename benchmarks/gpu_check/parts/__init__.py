"""The parts of the check, each a function from a bench to figures."""
