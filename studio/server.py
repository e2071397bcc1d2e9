"""The studio's server: its routes, what an error becomes, and the loop that answers this machine."""

import secrets
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from datasets_registry.boundary import unforeseen
from datasets_registry.errors import BadInput, TrimtabError, UnknownVersion
from studio.opened import Open, Opened
from studio.pages.compare import compare
from studio.pages.distributions import distributions_page
from studio.pages.evaluated.evaluation import evaluation
from studio.pages.evaluated.flips import flips
from studio.pages.evaluated.oversight import oversight
from studio.pages.listings import listing_pages
from studio.pages.review.routes import REVIEW
from studio.pages.rounds import rounds
from studio.pages.row import row
from studio.pages.rows import rows
from studio.pages.start import start
from studio.pages.version import version_page
from studio.rendering import STATIC, page
from studio.security import HOST, TOKEN, Guard, form_token

ROUTES = (
    Route("/", start),
    Route("/version/{reference:path}", version_page),
    Route("/compare/{reference:path}", compare),
    Route("/evaluation/{reference:path}", evaluation),
    Route("/flips/{reference:path}", flips),
    Route("/oversight/{reference:path}", oversight),
    Route("/rounds/{reference:path}", rounds),
    Route("/rows/{reference:path}", rows),
    Route("/row/{reference:path}", row),
    Route("/distributions/{reference:path}", distributions_page),
    *(Route(f"/{name}/{{reference:path}}", answer) for name, answer in listing_pages().items()),
    *REVIEW,
    Mount("/static", StaticFiles(directory=STATIC)),
)


def application(open_registry: Open, token: str, port: int) -> Guard:
    """The studio over a registry, for browsers that come with ``token`` to ``port``."""
    app = pages(open_registry)
    app.add_exception_handler(TrimtabError, _foreseen)
    app.add_exception_handler(HTTPException, _no_page)
    app.add_exception_handler(Exception, _unforeseen)
    app.state.form_token = form_token(token)
    # outermost, so that what an error answers has its headers too
    return Guard(app, token, port)


def pages(open_registry: Open, most_rows: int | None = None) -> Starlette:
    """The pages over a registry, for whoever asks; an error is raised.

    With ``most_rows`` they are made to be kept: each has so many rows, and says how many more there are.
    """
    app = Starlette(routes=list(ROUTES))
    app.state.opened, app.state.most_rows = Opened(open_registry), most_rows
    return app


def serve(open_registry: Open, port: int, ready: Callable[[str], None]) -> None:
    """Answer until interrupted; ``ready`` is told the address, with the token, once it can be opened.

    ``port`` 0 is any that is free. Raises BadInput where the port is taken.
    """
    with _bound(port) as listening:
        bound_port, token = listening.getsockname()[1], secrets.token_urlsafe(32)
        app = application(open_registry, token, bound_port)
        # requests' addresses are logged nowhere: the first has the token
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, server_header=False, timeout_graceful_shutdown=1
        )
        ready(f"http://{HOST}:{bound_port}/?{TOKEN}={token}")
        uvicorn.Server(config).run(sockets=[listening])


def _bound(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise BadInput(
            f"port {port} cannot be used ({error.strerror}): choose another with --port, or 0 for any"
        ) from error
    return listening


def _foreseen(_: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, UnknownVersion) else 400
    return page("error.html", {"sentence": str(error)}, status)


def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    sentence = f"{request.method} {request.url.path} is no page of the studio: begin at the first page"
    return page("error.html", {"sentence": sentence}, status)


def _unforeseen(_: Request, error: Exception) -> Response:
    return page("error.html", {"sentence": unforeseen(error)}, 500)
