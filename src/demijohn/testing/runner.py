"""Run an application's commands in a test."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result


class FlaskCliRunner(CliRunner):
    """Invoke commands as the command line would, for one application.

    Args:
        app: The application.
        **kwargs: Passed on to `click.testing.CliRunner`.
    """

    def __init__(self, app: Any, **kwargs: Any) -> None:
        self.app = app
        super().__init__(**kwargs)

    def invoke(self, cli: Any = None, args: Any = None, **kwargs: Any) -> Result:  # type: ignore[override]  # Click requires `cli` and lists the keywords
        """Run a command and return what came of it.

        Args:
            cli: The command; `app.cli` by default.
            args: The arguments, as a list or one text.
            **kwargs: Passed on to `CliRunner.invoke`.  `obj` is a
                `ScriptInfo` that gives the application, by default.

        Returns:
            Click's result: exit code, output, exception.
        """
        # Late: a test that only uses the client need not load the commands.
        from ..cli import ScriptInfo

        kwargs.setdefault("obj", ScriptInfo(create_app=lambda: self.app))
        return super().invoke(self.app.cli if cli is None else cli, args, **kwargs)
