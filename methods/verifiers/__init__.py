"""Programs that decide whether an answer is correct."""
