"""What processes agree on, on one machine or on all that share a catalog: locks, and who claims what."""
