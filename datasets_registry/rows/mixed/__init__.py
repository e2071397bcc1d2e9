"""Row types of mixtures: rows of several datasets, each with its source."""
