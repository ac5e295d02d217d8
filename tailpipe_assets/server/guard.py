"""Stands before Dagster's web UI, which trusts whoever reaches it, and lets through what its own pages would ask.

Dagster takes GraphQL mutations by plain GET, from any page, under any name. Here a request must be for a name of ours,
come from a page of ours or from no page at all, change things only by POST of JSON, and show a login where one is set.
The rules go by method and header wherever they can, so that no spelling of a path gets around them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from tailpipe_assets.server.login_page import login_page, safe_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tailpipe_assets.server.hosts import Hosts
    from tailpipe_assets.server.login import Login

_ONCE = (b"host", b"origin", b"content-type", b"content-length", b"authorization", b"sec-fetch-site", b"upgrade")
_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_LARGEST_FORM = 4096
_WRONG_LOGIN_COSTS = 1.0
"""Seconds until the next try."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further."""

    status: HTTPStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Guard:
    """The application, guarded."""

    app: ASGIApp
    hosts: Hosts
    login: Login | None
    health: Callable[[], dict[str, Any]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if scope["type"] == "websocket":
            await self._websocket(refusal, scope, receive, send)
            return
        answer = _refused(refusal) if refusal else await self._own_answer(Request(scope, receive))
        await (answer or self.app)(scope, receive, _with_headers(send))

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why this request is none of a page of ours; None when it may be one."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in _ONCE):
            return Refusal(HTTPStatus.BAD_REQUEST, "a header is there twice")
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        return self._host(told) or self._origin(scope, told) or _method(scope, told)

    def _host(self, told: dict[str, str]) -> Refusal | None:
        host = told.get("host", "")
        if self.hosts.know(host):
            return None
        advice = "if this is a name you gave it, start tailpipe server with --allow-host and that name"
        return Refusal(HTTPStatus.MISDIRECTED_REQUEST, f"this server does not answer to that name; {advice}")

    def _origin(self, scope: Scope, told: dict[str, str]) -> Refusal | None:
        origin, site = told.get("origin"), told.get("sec-fetch-site", "none")
        if origin is not None and not self.hosts.is_same(origin, told["host"]):
            return Refusal(HTTPStatus.FORBIDDEN, "this comes from a page of another site")
        visited = (told.get("sec-fetch-mode"), told.get("sec-fetch-dest")) == ("navigate", "document")
        if site in {"same-origin", "none"} or (visited and scope.get("method") == "GET"):
            return None
        return Refusal(HTTPStatus.FORBIDDEN, "this comes from a page of another site")

    def _is_in(self, scope: Scope) -> bool:
        if self.login is None:
            return True
        told = {name: value.decode("latin-1") for name, value in scope["headers"]}
        return self.login.fits(told.get(b"authorization"), told.get(b"cookie"))

    async def _websocket(self, refusal: Refusal | None, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal or not self._is_in(scope):
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)

    async def _own_answer(self, request: Request) -> Response | None:
        path = request.url.path
        if path == "/health":
            found = await run_in_threadpool(self.health)
            return JSONResponse(found, 200 if found["healthy"] else 503, {"Cache-Control": "no-store"})
        if self.login is not None and path == "/login":
            return await self._log_in(request, self.login)
        if self._is_in(request.scope):
            return None
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(login_page(path), 401, {"Cache-Control": "no-store"})
        return JSONResponse({"error": "log in first"}, 401, {"WWW-Authenticate": "Bearer"})

    async def _log_in(self, request: Request, login: Login) -> Response:
        target = safe_target(request.query_params.get("to", "/"))
        if request.method != "POST":
            return HTMLResponse(login_page(target), headers={"Cache-Control": "no-store"})
        if login.takes_form(await _form(request)):
            secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
            return RedirectResponse(target, 303, {"Set-Cookie": login.cookie(secure=secure)})
        await asyncio.sleep(_WRONG_LOGIN_COSTS)
        return HTMLResponse(login_page(target, wrong=True), 401, {"Cache-Control": "no-store"})


def _method(scope: Scope, told: dict[str, str]) -> Refusal | None:
    path = normpath(f"/{scope['path'].lstrip('/')}")
    if scope["type"] == "websocket":
        return None
    if scope["method"] in {"GET", "HEAD"}:
        if path.lower() == "/graphql" and scope["query_string"]:
            return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GraphQL is asked by POST")
        return None
    if scope["method"] != "POST":
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "only GET, HEAD and POST are understood")
    wanted = "application/x-www-form-urlencoded" if path == "/login" else "application/json"
    if told.get("content-type", "").partition(";")[0].strip().lower() == wanted:
        return None
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"what is posted here is {wanted}")


async def _form(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_FORM:
            return b""
    return bytes(body)


def _refused(refusal: Refusal) -> Response:
    return PlainTextResponse(f"tailpipe server: {refusal.reason}\n", refusal.status)


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return guarded
