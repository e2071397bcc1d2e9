"""Bad inputs by kind, made from the schemas, and what becomes of each."""
