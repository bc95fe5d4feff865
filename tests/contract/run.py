"""Hold examples/orders against its own document: a validator, thousands of generated requests, a generated client."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.contract.service import PROGRAMS, Service

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = 800
LEAST = 20_000
"""How many requests there have to be, unless it is said how many examples are wanted."""
SERVER_ERROR = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="scripts/contract", description=__doc__)
    parser.add_argument("--examples", type=int, metavar="N", help=f"for each operation; by default {EXAMPLES}")
    parser.add_argument("--seed", type=int, help="the seed of the requests; by default a new one each time")
    parser.add_argument("--workers", type=int, default=1, help="how many send requests")
    parser.add_argument("--interface", default="auto", help="how the server calls the application: asgi, rsgi or wsgi")
    parser.add_argument("schemathesis", nargs="*", help="more arguments for schemathesis, after --")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="contract-") as name, Service(Path(name), options.interface) as service:
        problems = [*check_document(service), *call_by_client(service), *send_requests(service, options)]
        answers = service.count_answers()
        problems += judge_answers(service, answers, 0 if options.examples else LEAST)
        if (status := service.stop()) != 0:
            problems.append(f"the server ended with status {status}")
    by_status = ", ".join(f"{count} of {status}" for status, count in sorted(answers.items()))
    say(f"{answers.total()} answers: {by_status}", *(f"PROBLEM: {problem}" for problem in problems))
    return int(bool(problems))


def check_document(service: Service) -> list[str]:
    """Validate the document, and compare that of the command with the one that is served."""
    problems = []
    if json.loads(service.fetch("/openapi.json")) != json.loads(service.document.read_bytes()):
        problems.append("the served document is another one than `demijohn openapi` writes")
    command = [str(PROGRAMS / "openapi-spec-validator"), str(service.document)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    say(run.stdout.strip())
    return problems + ([f"the document is not valid: {run.stdout}{run.stderr}"] if run.returncode else [])


def call_by_client(service: Service) -> list[str]:
    """Generate a client from the document and let it call the server."""
    package = service.folder / "client"
    generate = [str(PROGRAMS / "openapi-python-client"), "generate", "--path", str(service.document), "--meta", "none"]
    generate += ["--output-path", str(package), "--fail-on-warning"]
    # It formats what it wrote by a program that it looks for on the PATH.
    variables = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(service.folder)}
    call = [sys.executable, str(HERE / "use_client.py"), service.url, service.token, service.key]
    for name, command in {"generating a client": generate, "the generated client": call}.items():
        run = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
        if run.returncode:
            return [f"{name} failed:\n{run.stdout}{run.stderr}"]
        say(run.stdout.strip())
    return []


def send_requests(service: Service, options: argparse.Namespace) -> list[str]:
    """Let schemathesis send requests, and hold the answers against the document with all that it can check."""
    command = [str(PROGRAMS / "schemathesis"), "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [str(service.document), "--url", service.url, "--checks", "all", "--continue-on-failure", "--no-color"]
    command += ["--max-examples", str(options.examples or EXAMPLES), "--workers", str(options.workers)]
    command += ["--header", f"Authorization: Bearer {service.token}", "--header", f"X-API-Key: {service.key}"]
    command += ["--seed", str(options.seed)] if options.seed is not None else []
    run = subprocess.run(
        [*command, *options.schemathesis], cwd=service.folder, check=False, capture_output=True, text=True
    )
    say(run.stdout + run.stderr)
    return [f"schemathesis ended with status {run.returncode}"] if run.returncode else []


def judge_answers(service: Service, answers: Counter[int], least: int) -> list[str]:
    """Look for faults that only the server's own log tells."""
    problems = []
    if errors := sum(count for status, count in answers.items() if status >= SERVER_ERROR):
        problems.append(f"{errors} answers were the server's fault")
    log = service.read_log()
    if tracebacks := log.count("Traceback (most recent call last)"):
        problems.append(f"there are {tracebacks} tracebacks in the log, which ends so:\n{log[-6000:]}")
    if answers.total() < least:
        problems.append(f"{answers.total()} answers are fewer than {least}")
    return problems


def say(*lines: str) -> None:
    """Write lines to standard output, at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
