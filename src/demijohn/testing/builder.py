"""Build the WSGI environ of a test request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder as WerkzeugEnvironBuilder

from ..typing import AppLike


class EnvironBuilder(WerkzeugEnvironBuilder):
    """Build an environ whose host, root and scheme are the application's.

    Args:
        app: The application that the request is for.
        path: The path, or a whole URL, which wins over the configuration.
        base_url: Host, root and scheme as one URL.  By default they are
            taken from `SERVER_NAME`, `APPLICATION_ROOT` and
            `PREFERRED_URL_SCHEME`.
        subdomain: Is put before `SERVER_NAME`.
        url_scheme: Is used instead of `PREFERRED_URL_SCHEME`.
        *args: Passed on to Werkzeug's builder, behind `base_url`.
        **kwargs: Likewise.

    Raises:
        AssertionError: A part of the base URL was given beside the whole.
    """

    def __init__(
        self,
        app: AppLike,
        path: str = "/",
        base_url: str | None = None,
        subdomain: str | None = None,
        url_scheme: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.app = app
        if base_url is None:
            path, base_url = _split_url(app, path, subdomain, url_scheme)
        elif subdomain or url_scheme:
            raise AssertionError(
                f"base_url {base_url!r} was given together with subdomain {subdomain!r} and"
                f" url_scheme {url_scheme!r}, which are parts of it. Pass one or the other."
            )
        super().__init__(path, base_url, *args, **kwargs)

    def json_dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return an object as JSON text, dumped by the application.

        Args:
            obj: What to dump.
            **kwargs: Passed on to `app.json.dumps`.
        """
        text: str = self.app.json.dumps(obj, **kwargs)
        return text


def _split_url(app: AppLike, path: str, subdomain: str | None, url_scheme: str | None) -> tuple[str, str]:
    """Return the path with its query, and the URL that it is relative to."""
    url = urlsplit(path)
    host = url.netloc
    if not host:
        host = app.config["SERVER_NAME"] or "localhost"
        host = f"{subdomain}.{host}" if subdomain else host
    scheme = url.scheme or url_scheme or app.config["PREFERRED_URL_SCHEME"]
    root = app.config["APPLICATION_ROOT"].lstrip("/")
    query = f"?{url.query}" if url.query else ""
    return url.path + query, f"{scheme}://{host}/{root}"
