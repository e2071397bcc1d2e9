"""Row types of scalable oversight."""
