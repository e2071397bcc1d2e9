"""The graphics cards of this machine, and who is on them."""
