"""States of any name, on any disk."""
