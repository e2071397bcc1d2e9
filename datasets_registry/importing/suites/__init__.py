"""Public suites that judges are measured on."""
