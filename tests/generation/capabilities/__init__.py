"""Probes of servers, each dialect by dialect."""
