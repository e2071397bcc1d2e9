"""Logs of Inspect: samples as its own library reads them, and the rows that they become."""
