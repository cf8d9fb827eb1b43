"""The answers that are no success, in the forms in which the index gives them."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from tests.fakes.verdicts import Refusal

_SENTENCES = {
    HTTPStatus.BAD_REQUEST: "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect.",
    HTTPStatus.FORBIDDEN: "Access was denied to this resource.",
}


def refusal(problem: Refusal, accept: str | None) -> Response:
    """Say no as JSON, HTML or plain text, whichever was asked for."""
    status = HTTPStatus(problem.status)
    body = f"{_SENTENCES[status]}\n\n\n{problem.message}\n\n"
    if accept and "application/json" in accept:
        code = f"{status.value} {problem.message}"
        return JSONResponse({"message": body, "code": code, "title": status.phrase}, status)
    if accept:
        title = f"{status.value} {problem.message}"
        return HTMLResponse(
            f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n"
            f"  {escape(_SENTENCES[status])}<br/><br/>\n{escape(problem.message)}\n </body>\n</html>",
            status,
        )
    return PlainTextResponse(f"{status.value} {status.phrase}\n\n{body}", status)


def not_found() -> Response:
    """Say that there is no such page."""
    return HTMLResponse("<html><head><title>Page Not Found (404)</title></head><body></body></html>", 404)


def server_error() -> Response:
    """Say that something went wrong in there, and nothing else."""
    return HTMLResponse("<html><head><title>Internal Server Error</title></head><body></body></html>", 500)


def unauthorized() -> Response:
    """Ask for credentials."""
    return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="index"'})
