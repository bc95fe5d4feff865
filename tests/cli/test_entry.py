import http.client
import os
import re
import subprocess
import sys

import pytest

APP = """\
from flask import Flask

app = Flask(__name__)

@app.route("/")
def index():
    return "first"

@app.cli.command()
def home():
    print(app.__class__.__mro__[-2].__module__.partition(".")[0], Flask is __import__("demijohn").Flask)
"""


@pytest.fixture
def environment():
    """Return the variables for a program of its own."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def find_command():
    """Return the script that is installed beside this Python."""
    return os.path.join(os.path.dirname(sys.executable), "demijohn")


COMMANDS = [[find_command()], [sys.executable, "-m", "demijohn"]]


@pytest.mark.parametrize("command", COMMANDS, ids=["script", "module"])
def test_flask_is_replaced(write, environment, command):
    """A file that imports flask gets Demijohn, by either way of starting."""
    write("hello.py", APP)
    result = subprocess.run(
        [*command, "-A", "hello", "home"], env=environment, capture_output=True, check=False, text=True
    )
    assert (result.stdout.split()[1:], result.stderr) == (["True"], "")


def test_flask_was_there_before(environment):
    """If the real Flask was imported before, the command says so and ends."""
    program = "import flask, demijohn.cli; demijohn.cli.main()"
    result = subprocess.run(
        [sys.executable, "-c", program, "routes"], env=environment, capture_output=True, check=False, text=True
    )
    assert result.returncode == 1
    assert "Error: Demijohn cannot stand in for 'flask' in this process." in result.stderr
    assert "Traceback" not in result.stderr


def fetch(port):
    """Return the status and the body that the server answers with."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def wait_for(process, pattern):
    """Return the match in the first line of the server's output that has one."""
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"the server ended without printing {pattern!r}")


@pytest.mark.parametrize("command", COMMANDS, ids=["script", "module"])
def test_run_and_reload(write, environment, command):
    """The server answers, and answers anew after the file has changed, even broken in between."""
    file = write("hello.py", APP)
    arguments = [*command, "-A", "hello", "run", "--debug", "--port", "0"]
    with subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            port = int(wait_for(process, r"Running on http://127\.0\.0\.1:(\d+)")[1])
            assert fetch(port) == (200, "first")
            for source, expected in (("1 / 0\n", "ZeroDivisionError"), (APP.replace("first", "second"), "second")):
                file.write_text(source)
                wait_for(process, "Running on")
                assert expected in fetch(port)[1]
        finally:
            process.terminate()
