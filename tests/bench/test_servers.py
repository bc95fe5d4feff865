"""Real servers, WebSockets and slow clients are measured rightly: short turns, small numbers, no times."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys

import pytest

from bench import slow, sockets, wire
from bench.cases import CASES
from bench.peers import PEERS, is_installed
from bench.process import build_environment, run_program
from bench.serve import ECHO, SLOW, build_app
from bench.servers import Row, choose_rows, list_processes, read_rss, serving
from bench.slow_client import KINDS
from bench.subject import load_apps
from demijohn.testing._rsgi import RsgiClient  # noqa: F401 - see below

