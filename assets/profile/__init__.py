"""What a profile says, section by section."""
