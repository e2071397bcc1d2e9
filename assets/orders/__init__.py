"""An order: what a person asks to be built, its run in this process, and how it ends."""
