"""Run the command line in a process of its own, and talk to what it serves."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

#: Far longer than anything takes here.
PATIENCE = 30.0
ADDRESS = re.compile(r"(https?)://127\.0\.0\.1:(\d+)")


class Running:
    """Hold a server that a test started.

    Attributes:
        lines: What it wrote to stderr.
        scheme: How it is talked to.
        port: Where it listens, or None.
    """

    def __init__(self, arguments, env=None):
        self.lines = []
        self.scheme = "http"
        self.port = None
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demijohn", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A file that is written twice in a second would be taken from its cache.
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        )
        self._readers = [threading.Thread(target=self._read_errors), threading.Thread(target=self._read_output)]
        self.output = []
        for reader in self._readers:
            reader.start()

    def _read_errors(self):
        for line in self.process.stderr:
            self.lines.append(line)
            found = ADDRESS.search(line)
            if found:
                self.scheme, self.port = found[1], int(found[2])
                self._ready.set()
            elif "at unix:" in line:
                self._ready.set()
        self._ready.set()

    def _read_output(self):
        self.output.extend(self.process.stdout)

    def wait_ready(self):
        """Wait until requests are answered, or the process has ended."""
        assert self._ready.wait(PATIENCE)
        return self

    def get(self, path="/", **headers):
        """Return the status and the body of an answer."""
        request = urllib.request.Request(f"{self.scheme}://127.0.0.1:{self.port}{path}", headers=headers)
        unchecked = urllib.request.HTTPSHandler(context=trust_everybody())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoErrors, unchecked)
        with opener.open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()

    def find_workers(self):
        """Return the numbers of the worker processes."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(number) for number in file.read().split()]

    def stop(self, number=signal.SIGTERM):
        """End the process and return its status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self):
        """Wait for the end of the process and return its status."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def clean_up(self):
        """End the process and its workers, whatever state they are in."""
        if self.process.poll() is None:
            workers = self.find_workers()
            self.process.kill()
            for number in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def trust_everybody():
    """Return what lets a client believe any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _NoErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, request, response):
        return response

    https_response = http_response


class RawClient:
    """Talk HTTP/1.1 over one connection, and see how it ends."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._file = self.socket.makefile("rb")

    def send(self, path="/", method="GET"):
        """Send a request without a body."""
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def receive(self):
        """Return the status and the headers of an answer; None where there is none."""
        line = self._file.readline()
        if not line:
            return None
        headers = {}
        while (header := self._file.readline()) not in {b"\r\n", b""}:
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        self.body = self._file.read(int(headers.get("content-length", 0)))
        return int(line.split()[1]), headers

    def close(self):
        """Close the connection."""
        self._file.close()
        self.socket.close()


class Clients:
    """Send requests at the same time, every other client on a connection that it keeps.

    Attributes:
        results: How each request went: "answered", "lost", or with an error;
            "refused" once nobody listens any more.
    """

    def __init__(self, port, number=8):
        self.results = []
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(turn % 2 == 1,)) for turn in range(number)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, number):
        """Wait until so many more requests went one way or another."""
        wanted = len(self.results) + number
        wait_until(lambda: len(self.results) >= wanted)

    def _ask(self, is_kept):
        client = None
        while not self._stop.is_set():
            try:
                client = client or RawClient(self._port)
            except OSError:
                self.results.append("refused")
                break
            answer = self._exchange(client)
            if not is_kept or answer is None or answer[1].get("connection") == "close":
                client.close()
                client = None
        if client is not None:
            client.close()

    def _exchange(self, client):
        try:
            client.send()
            answer = client.receive()
        except OSError as error:
            self.results.append(repr(error))
            return None
        self.results.append("answered" if answer else "lost")
        return answer


def is_running(number):
    """Tell whether a process is there and has not ended."""
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition):
    """Wait until a condition holds."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)
