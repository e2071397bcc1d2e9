"""One command that builds what is not up to date, and shows the results."""
