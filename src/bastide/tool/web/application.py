"""What the page's server answers: files of the page, events, the config, and what is to be done.

It trusts its requests: `guard.py` lets in those of the page alone. It still bounds what they may send.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import Callable
from dataclasses import asdict
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bastide.base.errors import BastideError
from bastide.tool.web.feed import Feed
from bastide.tool.web.places import findings, start_nodes
from bastide.tool.web.source import Source

LARGEST_BODY = 4 << 20
"""Bytes of a request: several times the largest config."""

MOST_BROWSERS = 16
_PATIENCE = 10.0
_PLAIN = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def application(source: Source, feed: Feed, top: str) -> Starlette:
    """The page of one run, for those who are allowed to see it. `top` is the label of whom the config is for."""
    files = dict(_files(resources.files("bastide.tool.web") / "assets", "assets/"))

    async def file(request: Request) -> Response:
        name = request.path_params.get("name", "")
        found = files.get(f"assets/{name or 'index.html'}")
        return Response(found[0], media_type=found[1]) if found else PlainTextResponse("There is no such file.\n", 404)

    async def events(request: Request) -> Response:
        if feed.readers >= MOST_BROWSERS:
            return PlainTextResponse(f"{MOST_BROWSERS} pages are open already: close one.\n", 503)
        seen = request.headers.get("last-event-id", "")
        cursor = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else 0
        return StreamingResponse(feed.events(cursor), media_type="text/event-stream")

    async def config(request: Request) -> Response:
        def read() -> dict[str, Any]:
            text = source.config()
            return {"text": text, "places": start_nodes(text, top)}

        return await _answer(read)

    async def apply(request: Request) -> Response:
        text = await _text(request, "text", "the config to apply")

        def change() -> dict[str, Any]:
            source.apply(text)
            return {"places": start_nodes(text, top)}

        return await _answer(change)

    async def kill(request: Request) -> Response:
        label = await _text(request, "label", "that of the component to end")

        def end() -> dict[str, Any]:
            source.kill(label)
            return {}

        return await _answer(end)

    return Starlette(routes=[
        Route("/", file), Route("/assets/{name:path}", file), Route("/events", events),
        Route("/config", config), Route("/config", apply, methods=["POST"]), Route("/kill", kill, methods=["POST"]),
    ], exception_handlers={_Unfit: _unfit})


class _Unfit(Exception):
    """A body that is too large, too late, or not what it should be."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def _text(request: Request, name: str, meaning: str) -> str:
    """What was sent under that name. Raises _Unfit."""
    text = (await _body(request)).get(name)
    if not isinstance(text, str):
        raise _Unfit(400, f"a '{name}' was expected, {meaning}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Unfit(400, f"the '{name}' has half a character in it, which is no Unicode") from None
    return text


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises _Unfit."""
    if request.headers.get("content-type") != "application/json":
        raise _Unfit(415, "JSON was expected")
    data = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                data += chunk
                if len(data) > LARGEST_BODY:
                    raise _Unfit(413, f"at most {LARGEST_BODY >> 20} MiB were expected")
        value = json.loads(data)
    except TimeoutError:
        raise _Unfit(408, f"it did not arrive within {_PATIENCE:g} s") from None
    except ClientDisconnect:
        raise _Unfit(400, "it ended early") from None
    except (ValueError, RecursionError):
        raise _Unfit(400, "a JSON object was expected") from None
    if not isinstance(value, dict):
        raise _Unfit(400, "a JSON object was expected")
    return value


def _unfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, _Unfit)
    return JSONResponse({"message": str(error)}, error.status)


async def _answer(ask: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(await asyncio.to_thread(ask))
    except BastideError as error:
        return JSONResponse({"message": str(error), "findings": [asdict(found) for found in findings(str(error))]}, 422)


def _files(folder: Traversable, prefix: str) -> list[tuple[str, tuple[bytes, str]]]:
    """Names, contents and types of all files of the page. What is not among them can't be asked for."""
    found: list[tuple[str, tuple[bytes, str]]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _files(entry, f"{prefix}{entry.name}/")
        else:
            ending = entry.name[entry.name.rfind("."):]
            kind = _PLAIN.get(ending) or mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            found.append((prefix + entry.name, (entry.read_bytes(), kind)))
    return found
