"""What a run costs as it grows: lookups and estimates by the row."""
