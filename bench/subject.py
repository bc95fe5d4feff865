"""One framework's app for one case: built, asked, found right or wrong, and ready to be timed."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any, cast

from .apps.common import Apps, Teardowns
from .cases import Case, Request, find_fault
from .drive import DRIVERS, Driver
from .peers import Peer


def load_apps(peer: Peer) -> Apps:
    """Import a framework's file of apps.

    Args:
        peer: The framework.

    Returns:
        Its builders, by the name of the case.
    """
    module = importlib.import_module(f"bench.apps.{peer.apps}")
    return cast("Apps", module.load(peer) if hasattr(module, "load") else module.APPS)


class Subject:
    """An app that answers the request of a case, checked.

    `fault` says why it cannot be timed: it gives a wrong answer, or fails.
    """

    def __init__(self, peer: Peer, case: Case, app: Any) -> None:
        self.case = expect(peer, case)
        self.driver: Driver = DRIVERS[peer.interface](app)
        self.request: Request = case.request
        self.fault = ""
        self.check()

    def check(self) -> str:
        """Ask twice more, and keep and give what is wrong.

        Twice, because the second answer may be the wrong one: something may
        be left over from the first.
        """
        try:
            self.fault = self._ask() or self._ask()
        except Exception as error:
            self.fault = f"the app raises {error!r}"
        return self.fault

    def close(self) -> None:
        """Let the app end."""
        self.driver.close()

    def _ask(self) -> str:
        case = self.case
        if case.first is not None and case.follow is not None:
            self.request = case.follow(case.request, self.driver.ask(case.first))
        before = Teardowns.count
        answer = self.driver.ask(self.request)
        done = Teardowns.count - before
        if done != case.teardowns:
            return f"the teardown ran {done} times, not {case.teardowns}"
        return find_fault(case, answer)


def expect(peer: Peer, case: Case) -> Case:
    """Give what a peer has to answer: a part alone gives nothing but a body."""
    if peer.interface != "function":
        return case
    return replace(case, status=0, mimetype="", header=None, first=None, follow=None)
