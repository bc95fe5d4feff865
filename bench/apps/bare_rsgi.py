"""RSGI functions without a framework, for Granian alone: there is no server in process that could call them."""

from __future__ import annotations

import json

from bench.cases import HELLO, MESSAGE

from .common import Apps

APPS = Apps()


@APPS.case("plain")
def _plain():
    headers = [("content-type", "text/html; charset=utf-8")]

    async def app(scope, protocol):
        protocol.response_str(200, headers, HELLO)

    return app


@APPS.case("json")
def _json():
    headers = [("content-type", "application/json")]

    async def app(scope, protocol):
        protocol.response_str(200, headers, json.dumps(MESSAGE))

    return app
