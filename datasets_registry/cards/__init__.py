"""Cards of datasets and models, and the pages that are made from code."""
