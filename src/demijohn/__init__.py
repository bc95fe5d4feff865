"""Write web applications as with Flask; run them at a tenth of the cost.

Everything that `flask` offers is here under the same name.  To run code
that says `from flask import ...` unchanged, import `demijohn.as_flask`
first, or start it by the `demijohn` command.
"""

from __future__ import annotations

import typing as _typing

from . import json
from ._lazy import import_late as _import_late
from .app import Flask
from .blueprints import Blueprint
from .config import Config
from .ctx import (
    after_this_request,
    copy_current_request_context,
    has_app_context,
    has_request_context,
)
from .events import Event, EventStream, JSONLines
from .helpers import (
    abort,
    flash,
    get_flashed_messages,
    get_template_attribute,
    jsonify,
    make_response,
    redirect,
    send_file,
    send_from_directory,
    stream_with_context,
    url_for,
)
from .request import Request
from .response import Response

from .websocket import WebSocketDisconnected

# After `.request` and `.websocket`, since the proxies take the names of those modules.
from .globals import current_app, g, request, session, websocket
from .signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    before_render_template,
    got_request_exception,
    message_flashed,
    request_finished,
    request_started,
    request_tearing_down,
    template_rendered,
)
from .templating import (
    render_template,
    render_template_string,
    stream_template,
    stream_template_string,
)

if _typing.TYPE_CHECKING:
    from .api import Body, Cookie, Depends, File, Form, Header, Param, Path, Problem, Query, Secret

__getattr__ = _import_late(
    __name__,
    ".api",
    ("Body", "Cookie", "Depends", "File", "Form", "Header", "Param", "Path", "Problem", "Query", "Secret"),
)

__all__ = [
    "Blueprint",
    "Body",
    "Config",
    "Cookie",
    "Depends",
    "Event",
    "EventStream",
    "File",
    "Flask",
    "Form",
    "Header",
    "JSONLines",
    "Param",
    "Path",
    "Problem",
    "Query",
    "Request",
    "Response",
    "Secret",
    "WebSocketDisconnected",
    "abort",
    "after_this_request",
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "before_render_template",
    "copy_current_request_context",
    "current_app",
    "flash",
    "g",
    "get_flashed_messages",
    "get_template_attribute",
    "got_request_exception",
    "has_app_context",
    "has_request_context",
    "json",
    "jsonify",
    "make_response",
    "message_flashed",
    "redirect",
    "render_template",
    "render_template_string",
    "request",
    "request_finished",
    "request_started",
    "request_tearing_down",
    "send_file",
    "send_from_directory",
    "session",
    "stream_template",
    "stream_template_string",
    "stream_with_context",
    "template_rendered",
    "url_for",
    "websocket",
]
