"""Public sets as items of suites, a module each."""
