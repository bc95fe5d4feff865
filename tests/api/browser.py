"""Drive a headless Chromium by its DevTools protocol: open a page, run a script in it, note what goes wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from itertools import count
from typing import ClassVar

from websockets.sync.client import connect

PATIENCE = 60.0
#: Without these it asks the network for this and that.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"),
)


def find_browser():
    """Return the path of Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """Run Chromium with a profile that is thrown away."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="browser", ignore_cleanup_errors=True)
        command = [find_browser(), *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        line = next(line for line in self._process.stderr if "DevTools listening on" in line)
        address = line.split()[-1]
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(connect(address, max_size=None))
        self._numbers = count(1)

    def open(self, url, *, width=1280, height=900, scheme="light"):
        """Return a new page once the document at a URL is shown in it."""
        context = self.call(None, "Target.createBrowserContext")["browserContextId"]
        target = self.call(None, "Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call(None, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(session, f"{domain}.enable")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call(session, "Emulation.setDeviceMetricsOverride", **metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call(session, "Emulation.setEmulatedMedia", features=features)
        self.call(session, "Page.navigate", url=url)
        page.wait("document.querySelector('.operation') !== null")
        return page

    def call(self, session, method, **parameters):
        """Return the result of a command; events that come meanwhile go to `on_event`."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            Page.note(answer)

    def close(self):
        """End the browser."""
        self._stack.close()
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._process.stderr.close()
        self._folder.cleanup()


class Page:
    """Hold one page: what it evaluates, and the faults that it reported."""

    pages: ClassVar[dict] = {}

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.faults = []
        self.requests = []
        self.pages[session] = self

    @classmethod
    def note(cls, event):
        """Keep an exception, a refusal of the policy, an error of the console, a request."""
        page = cls.pages.get(event.get("sessionId"))
        parameters = event.get("params", {})
        if page is None:
            return
        if event["method"] == "Runtime.exceptionThrown":
            page.faults.append(parameters["exceptionDetails"]["exception"].get("description"))
        elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            page.faults.append(parameters["entry"]["text"])
        elif event["method"] == "Network.requestWillBeSent":
            page.requests.append(parameters["request"]["url"])

    def run(self, script):
        """Return the value of an expression, awaited if it is a promise."""
        result = self.browser.call(
            self.session,
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script):
        """Wait until an expression is true, and return its value."""
        end = time.monotonic() + PATIENCE
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"It never was: {script}"
            time.sleep(0.05)
        return value
