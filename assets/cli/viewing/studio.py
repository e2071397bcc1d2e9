"""trimtab studio: pages to look at datasets, models and labels in a browser on this machine."""

import sys
from typing import Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, say

PORT = 3210
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Where it answers; 0 for any that is free.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")]


def studio(port: Port = PORT, no_browser: NoBrowser = False, as_json: Json = False) -> None:
    """Look at datasets, models and labels in a browser.

    It answers this machine alone, until interrupted, to whoever opens the address that it prints. It only
    reads, and shows new versions as they are committed.
    """
    # a server takes a moment to import, which other commands need not wait for
    from studio.server import serve

    # what cannot be opened is said before anything is served
    open_state().engine.dispose()

    def ready(address: str) -> None:
        if as_json:
            print_json({"address": address})
        else:
            say(f"the studio is at {address} (Ctrl-C ends it)")
        # a program that reads it waits for this line
        sys.stdout.flush()
        if not no_browser:
            typer.launch(address)

    serve(open_state, port, ready)
