"""What a profile needs of a machine: asked for once, before anything is spent."""
