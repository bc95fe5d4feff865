"""Name the signals that the application sends.

All of them are Blinker signals in one namespace.  Senders look at
`signal.receivers` first, so that a signal that nobody listens to costs
nothing.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

#: Sent before the hooks of a request that is dispatched.
request_started = _signals.signal("request-started")

#: Sent with `exception` when an error reached the last handler.
got_request_exception = _signals.signal("got-request-exception")

#: Sent with the final `response` before it goes to the server.
request_finished = _signals.signal("request-finished")

#: Sent when a request is torn down, with `exc`, the error or None.
request_tearing_down = _signals.signal("request-tearing-down")

#: Sent when an application context was left.
appcontext_popped = _signals.signal("appcontext-popped")

#: Sent when an application context was entered.
appcontext_pushed = _signals.signal("appcontext-pushed")

#: Sent when an application context is torn down, with `exc`.
appcontext_tearing_down = _signals.signal("appcontext-tearing-down")

#: Sent before a template is rendered, with `template` and `context`.
before_render_template = _signals.signal("before-render-template")

#: Sent after a template was rendered, with `template` and `context`.
template_rendered = _signals.signal("template-rendered")

#: Sent when a message was flashed, with `message` and `category`.
message_flashed = _signals.signal("message-flashed")
