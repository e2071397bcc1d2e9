"""Who decides: the account of the operating system, which no variable of the environment can change."""

import os
import pwd


def account() -> str:
    """The name of the account that this process runs as, or its number where it has no name."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
