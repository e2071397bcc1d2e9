"""The profile's section of scalable oversight."""
