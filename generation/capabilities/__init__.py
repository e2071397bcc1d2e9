"""What servers can do: probed by one short call each, verified in the answer, and stored."""
