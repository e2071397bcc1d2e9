"""What is held back from being rebuilt, why, and how it goes on once the cause is gone."""
