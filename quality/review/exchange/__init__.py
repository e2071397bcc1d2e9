"""Reviews made elsewhere: tasks as files for other tools, and their answers."""
