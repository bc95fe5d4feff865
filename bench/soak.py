"""Send an app many requests of every kind, and see whether its memory grows.

`python -m bench.soak <peer> <first> <last> [trace]` prints resident memory,
and with `trace` also what tracemalloc counts, after `first` and after `last`
requests.  Paths, hosts and session values are new in every request, so that
a cache without a bound shows.
"""

from __future__ import annotations

import gc
import json
import logging
import resource
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from .apps.soak_app import build_app
from .cases import Request, carry_cookie
from .drive import WsgiDriver, build_environ
from .peers import PEERS

KINDS = ("plain", "number", "write", "read", "caught", "failed", "dropped", "missing", "hooks", "host")


def run(app: Any, first: int, last: int, look: Callable[[], dict[str, int]]) -> list[dict[str, int]]:
    """Send requests, and look at memory after some and after all of them."""
    cookie = carry_cookie(Request("/read"), WsgiDriver(app).ask(Request("/write", query="name=Ann")))
    templates = {
        "plain": Request("/"),
        "number": Request("/number/7"),
        "write": Request("/write"),
        "read": cookie,
        "caught": Request("/caught"),
        "failed": Request("/failed"),
        "dropped": Request("/stream"),
        "missing": Request("/missing"),
        "hooks": Request("/part/"),
        "host": Request("/"),
    }
    environs = [(kind, build_environ(templates[kind])) for kind in KINDS]
    looks = []
    for number in range(1, last + 1):
        kind, template = environs[number % len(environs)]
        environ = template.copy()
        if kind == "number":
            environ["PATH_INFO"] = f"/number/{number}"
        elif kind == "write":
            environ["QUERY_STRING"] = f"name=user{number}"
        elif kind == "missing":
            environ["PATH_INFO"] = f"/missing/{number}"
        elif kind == "host":
            environ["HTTP_HOST"] = f"host{number}.example"
        chunks = app(environ, _start_response)
        if kind == "dropped":
            next(iter(chunks))
        else:
            for _ in chunks:
                pass
        if hasattr(chunks, "close"):
            chunks.close()
        if number in {first, last}:
            del environ, chunks
            looks.append(look())
    return looks


def look_at_memory() -> dict[str, int]:
    """Give the bytes of resident memory, and those that tracemalloc knows of."""
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {"rss": pages * resource.getpagesize(), "traced": tracemalloc.get_traced_memory()[0]}


def main() -> None:
    """Run, and print what memory was and by how much it grew."""
    peer, first, last = PEERS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])
    logging.disable(logging.CRITICAL)
    if "trace" in sys.argv:
        tracemalloc.start()
    looks = run(build_app(peer.module), first, last, look_at_memory)
    growth = {name: round((looks[1][name] - looks[0][name]) / (last - first), 4) for name in looks[0]}
    print(json.dumps({"first": looks[0], "last": looks[1], "growth": growth}))


def _start_response(_status: str, _headers: Any, _exc_info: Any = None) -> Callable[[bytes], object]:
    return bytes


if __name__ == "__main__":
    main()
