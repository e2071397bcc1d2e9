"""Commands about review by people: how far it is, and tasks and answers as files."""
