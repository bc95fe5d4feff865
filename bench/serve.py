"""The app that a real server imports: `bench.serve:app`, of the peer and the case that the environment names."""

from __future__ import annotations

import os
from dataclasses import replace

from .peers import PEERS
from .subject import load_apps

_NAME = os.environ["BENCH_PEER"]
_RSGI = replace(PEERS["asgi"], name="rsgi", interface="rsgi", apps="bare_rsgi")

app = load_apps(_RSGI if _NAME == "rsgi" else PEERS[_NAME])[os.environ["BENCH_CASE"]]()
"""The application."""
