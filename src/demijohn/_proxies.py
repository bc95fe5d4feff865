"""Make the proxies that `globals` publishes, templates and the shell get.

They are made here, below the classes that they stand for, so that the
application can hand them to templates.  Nothing inside the package reads
through them.
"""

from __future__ import annotations

from werkzeug.local import LocalProxy

from . import _current

app_ctx = LocalProxy(_current.get_app_context)
current_app = LocalProxy(_current.get_app)
g = LocalProxy(_current.get_globals)
request = LocalProxy(_current.get_request)
request_ctx = LocalProxy(_current.get_request_context)
session = LocalProxy(_current.get_session)
