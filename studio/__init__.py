"""The studio: pages to look at every dataset, model and label, served on this machine alone."""
