"""Where immutable files lie: in the state folder, or in a bucket that the folder is a cache of."""
