"""The rules of the house as tables: floors, late imports, limits. A row that nothing needs any more is an error."""

from __future__ import annotations

FLOORS = {
    "demijohn.typing": 0,
    "demijohn.signals": 0,
    "demijohn._current": 0,
    "demijohn._proxies": 0,
    "demijohn._packages": 1,
    "demijohn._body": 1,
    "demijohn._keep_alive": 1,
    "demijohn._lazy": 1,
    "demijohn._pairs": 1,
    "demijohn._signing": 1,
    "demijohn._stream": 1,
    "demijohn.routing": 1,
    "demijohn.config": 1,
    "demijohn.logging": 1,
    "demijohn.json": 1,
    "demijohn.templating": 1,
    "demijohn.events": 2,
    "demijohn.request": 2,
    "demijohn.response": 2,
    "demijohn.sessions": 2,
    "demijohn.app_context": 3,
    "demijohn.ctx": 3,
    "demijohn.pipeline": 3,
    "demijohn.websocket": 3,
    "demijohn.api": 4,
    "demijohn.doors": 4,
    "demijohn._files": 5,
    "demijohn.globals": 5,
    "demijohn.helpers": 5,
    "demijohn.views": 5,
    "demijohn.scaffold": 5,
    "demijohn.blueprints": 5,
    "demijohn.app_setup": 5,
    "demijohn.app": 5,
    "demijohn.testing": 5,
    "demijohn.cli": 6,
    "demijohn.dev": 6,
    "demijohn": 7,
    "demijohn.__main__": 7,
    "demijohn.as_flask": 7,
    "demijohn._alias_names": 7,
}
"""The floor of each room; a folder's row holds for every file in it that has no row of its own."""

LATE_IMPORTS: dict[tuple[str, str], str] = {
    ("demijohn._body", "asyncio"): "an application without async views has no use for it",
    ("demijohn.app", "demijohn.testing.async_client"): "a server process has no use for the test client",
    ("demijohn.app_setup", "demijohn.api.openapi"): "an application without typed views does not load msgspec",
    ("demijohn.app_setup", "demijohn.api.depends"): "an application without typed views does not load msgspec",
    ("demijohn.app_setup", "demijohn.api.routes"): "an application without typed views does not load msgspec",
    ("demijohn.app_setup", "demijohn.api.binder"): "an application without typed views does not load msgspec",
    ("demijohn.scaffold", "demijohn.api.operations"): "an application without typed views does not load msgspec",
    ("demijohn.doors.background", "asyncio"): "an application without async functions has no use for it",
    ("demijohn.doors.lifespan", "asyncio"): "an application without async functions has no use for it",
    ("demijohn.events", "demijohn._keep_alive"): "it needs asyncio, for which only async streams have a use",
    ("demijohn.pipeline.jobs", "asyncio"): "an application without async views has no use for it",
    ("demijohn.pipeline.seats", "queue"): "an application without async views has no use for it",
    ("demijohn.pipeline.workers", "asyncio"): "an application without async views has no use for it",
    ("demijohn.app_setup", "demijohn.cli.group"): "a server process has no use for the command line",
    ("demijohn.app", "demijohn.dev.server"): "a server process has no use for the development server",
    ("demijohn.app", "demijohn.testing"): "a server process has no use for the test client",
    ("demijohn.blueprints", "demijohn.cli.group"): "a server process has no use for the command line",
    ("demijohn.cli.development", "demijohn.cli.listen"): "only a command that serves loads the server",
    ("demijohn.cli.development", "demijohn.cli.supervisor"): "only a command that serves loads the server",
    ("demijohn.cli.development", "demijohn.cli.tls"): "only a command that serves loads the server",
    ("demijohn.cli.development", "werkzeug.serving"): "only `run` needs its reloader's words",
    ("demijohn.cli.openapi", "demijohn.api.openapi"): "no other command has a use for msgspec",
    ("demijohn.cli.serve", "demijohn.cli.listen"): "only a command that serves loads the server",
    ("demijohn.cli.serve", "demijohn.cli.supervisor"): "only a command that serves loads the server",
    ("demijohn.cli.serve", "demijohn.cli.tls"): "only a command that serves loads the server",
    ("demijohn.cli.serve", "resource"): "absent on some platforms",
    ("demijohn.cli.tls", "cryptography.hazmat.primitives"): "optional, for a key that is encrypted",
    ("demijohn.cli.watch", "watchfiles"): "optional, for `--reload`",
    ("demijohn.cli.worker", "demijohn.dev.debugger"): "a process without the debugger has no use for it",
    ("demijohn.cli.worker", "werkzeug.debug"): "a process without the debugger has no use for it",
    ("demijohn.cli.dotenv", "dotenv"): "python-dotenv is optional",
    ("demijohn.cli.run", "cryptography"): "optional, for a certificate that is made on the spot",
    ("demijohn.cli.run", "ssl"): "Python may be built without it",
    ("demijohn.cli.shell", "code"): "only the command `shell` opens a prompt",
    ("demijohn.cli.shell", "readline"): "absent on some platforms, and of use in a prompt alone",
    ("demijohn.cli.shell", "rlcompleter"): "goes with readline",
    ("demijohn.pipeline.bridge", "asyncio"): "an application without async views has no use for it",
    ("demijohn.pipeline.errors", "demijohn.dev.explain"): "only debug mode pays for long explanations",
    ("demijohn.request", "demijohn.dev.explain"): "only debug mode pays for long explanations",
    ("demijohn.templating", "demijohn.dev.explain"): "only EXPLAIN_TEMPLATE_LOADING pays for long explanations",
    ("demijohn.testing.runner", "demijohn.cli"): "the test client alone needs no commands",
}
"""(importing module, imported module) -> why the import stands inside a function."""

PROXIES = frozenset({"app_ctx", "current_app", "g", "request", "request_ctx", "session"})
"""Names in demijohn.globals that nothing inside the package may read."""

EXTRA_NAMES: frozenset[str] = frozenset(
    {
        *("Event", "EventStream", "JSONLines", "WebSocketDisconnected", "websocket"),
        *("Body", "Cookie", "Depends", "File", "Form", "Header", "Param", "Path", "Problem", "Query", "Secret"),
    }
)
"""Public names of demijohn that flask does not have."""

FILE_LINES = 600
FUNCTION_LINES = 60
GOOD_FUNCTION_LINES = 40
LONGER_FUNCTIONS_PERCENT = 2.0
BRANCHES = 12
PARAMETERS = 12
SUMMARY_CHARACTERS = 72
IGNORES_PER_THOUSAND_LINES = 3.0

CALL_BUDGET = {"depth at the view": 5, "calls in": 15, "calls out": 15, "files": 8}
"""What a plain JSON view may cost in frames of the package (Flask 3.1.3, with its libraries: 4, 71, 82 and 21)."""
