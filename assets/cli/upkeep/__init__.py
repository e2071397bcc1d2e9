"""Commands that keep a state in order: tags, versions that go, and files that nothing needs."""
