"""Who gets in: requests of the page itself, made by a browser that once had the token.

In front of everything else, so that nothing behind it has to think of strangers: other programs and users of this host,
and other pages in the same browser. It looks at each request for

- the host that the browser believes to talk to: a foreign name that was made to point here (DNS rebinding) is refused;
- the token: in the URL of the page, once; from then on in a cookie that no script and no other site gets;
- the origin: whatever changes something, and the stream of events, must be asked for by the page itself.

It also adds the headers by which the browser confines the page: no script but our own files, no markup made of texts.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bastide.tool.web.address import Address

CONFINEMENT = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
                               "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                               "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types bastide",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",              # a connection is one request: nobody keeps one
}
EVENTS = "events"
"""Asked for by GET, which browsers send without an origin; but all of them say whether it is the same site's."""


class Guard:
    """Stands before an application, which sees paths as if it were at the root."""

    def __init__(self, inside: ASGIApp, address: Address) -> None:
        self._inside, self._address = inside, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", "the server speaks nothing else"

        async def confined(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(CONFINEMENT)
            await send(message)

        answer = self._answer(scope)
        if answer is not None:
            await answer(scope, receive, confined)
        else:
            inner = "/" + scope["path"].removeprefix(self._address.path)
            await self._inside({**scope, "path": inner, "raw_path": inner.encode()}, receive, confined)

    def _answer(self, scope: Scope) -> Response | None:
        """What to say to who does not get in, and to who comes with the token."""
        headers = Headers(scope=scope)
        host = headers.getlist("host")
        if len(host) != 1 or host[0] not in self._address.hosts:
            return _refusal(421, f"This server is called {' or '.join(sorted(self._address.hosts))}, nothing else.")
        here = _same(scope["path"][:len(self._address.path)], self._address.path)
        token = QueryParams(scope["query_string"]).getlist("token")
        if here and scope["method"] == "GET" and len(token) == 1 and _same(token[0], self._address.token):
            return self._welcome()
        if not here or not any(_same(value, self._address.token) for value in self._cookies(headers)):
            return _refusal(403, "Open the page by the address that 'bastide run --web' printed: it has a token.")
        if not _own(headers, host[0], asked=scope["method"] != "GET" or scope["path"] == self._address.path + EVENTS):
            return _refusal(403, "Only the page itself may ask for this.")
        return None

    def _welcome(self) -> Response:
        answer = RedirectResponse(self._address.path, 303)
        answer.set_cookie(self._address.cookie, self._address.token, path=self._address.path, httponly=True,
                          samesite="strict")
        return answer

    def _cookies(self, headers: Headers) -> Iterable[str]:
        for header in headers.getlist("cookie")[:4]:
            try:
                morsel = SimpleCookie(header).get(self._address.cookie)
            except CookieError:
                continue
            if morsel is not None:
                yield morsel.value


def _own(headers: Headers, host: str, asked: bool) -> bool:
    """Whether the page itself made the request. `asked`: it has to say so."""
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if any(origin != f"http://{host}" for origin in origins):
        return False
    if any(site not in ("same-origin", "none") for site in sites):
        return False
    return not asked or bool(origins) or sites == ["same-origin"]


def _same(given: str, expected: str) -> bool:
    """As constant in time as bytes can be compared."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _refusal(status: int, reason: str) -> Response:
    return PlainTextResponse(reason + "\n", status)
