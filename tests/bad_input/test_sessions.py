"""Session cookies that were forged, that expired, or that never were sessions."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64encode

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from tests.bad_input.app import SECRET
from tests.bad_input.judge import careful, never_500, same
from tests.differential.driver import Call


class OldSigner(TimestampSigner):
    """Sign as if it were the year 2001."""

    def get_timestamp(self) -> int:
        """Return a moment long ago."""
        return 1_000_000_000


def sign(
    value: object, key: str = SECRET, salt: str = "cookie-session", signer: type[TimestampSigner] = TimestampSigner
) -> str:
    """Sign a value as session cookies are signed."""
    made = URLSafeTimedSerializer(key, salt=salt, signer=signer, signer_kwargs={"key_derivation": "hmac"}).dumps(value)
    return made.decode() if isinstance(made, bytes) else made


def sign_raw(payload: bytes) -> str:
    """Sign a payload that no session would have."""
    return TimestampSigner(SECRET, salt="cookie-session", key_derivation="hmac").sign(payload).decode()


GOOD = sign({"user": "me"})
FORGED = {
    "another key": sign({"user": "root"}, key="another key"),
    "another salt": sign({"user": "root"}, salt="other"),
    "no signature": GOOD.rpartition(".")[0],
    "payload changed": "x" + GOOD,
    "signature changed": GOOD[:-2] + ("AA" if not GOOD.endswith("AA") else "BB"),
    "time changed": ".".join([GOOD.split(".")[0], "AAAAAA", GOOD.split(".")[2]]),
    "signature twice": GOOD + "." + GOOD.rpartition(".")[2],
    "expired": sign({"user": "me"}, signer=OldSigner),
    "empty": "",
    "dots": "...",
    "dot": ".",
    "garbage": "garbage",
    "bytes": "\udcff\udcfe.\udcff.\udcff",
    "quoted": '"' + "\\377" * 10 + '"',
    "long": "a" * 100_000,
    "nul": "a\x00b.c.d",
    "none": "null",
    "json": '{"user":"root"}',
}

FAULTY = {
    "a list": sign([1, 2]),
    "a text": sign("text"),
    "a number": sign(5),
    "bad tag": sign({"a": {" u": "not a uuid"}}),
    "no json": sign_raw(urlsafe_b64encode(b"{").rstrip(b"=")),
    "no base64": sign_raw(b"!!!"),
    "no text": sign_raw(urlsafe_b64encode(b"\xff").rstrip(b"=")),
    "no zlib": sign_raw(b"." + urlsafe_b64encode(b"x").rstrip(b"=")),
    "bomb": sign_raw(b"." + urlsafe_b64encode(zlib.compress(b'"' + b"x" * 1_000_000 + b'"')).rstrip(b"=")),
    "deep": sign_raw(urlsafe_b64encode(b"[" * 3000).rstrip(b"=")),
}


STRANGE = {
    "null": sign(None),
    "unknown tag": sign({" x": "y"}),
    "two tags": sign({" u": "x", " b": "y"}),
    "bad date": sign({"a": {" d": "not a date"}}),
    "signed twice": sign({"user": "me"}).replace(".", "..", 1),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_session_is_an_empty_one(case: str) -> None:
    """A session cookie that the app did not sign, or that is too old, is passed over."""
    answer = same(Call(path="/session", headers=(("Cookie", f"session={FORGED[case]}"),)), 200)
    assert answer.body == b"{}\n"


def test_a_good_session_is_read() -> None:
    """The same cookie, as the app signed it, is a session."""
    assert same(Call(path="/session", headers=(("Cookie", f"session={GOOD}"),)), 200).body == b'{"user":"me"}\n'


@pytest.mark.parametrize("case", STRANGE)
def test_an_odd_signed_session_is_read_as_by_flask(case: str) -> None:
    """A signed value with odd members is read, or passed over, as by Flask."""
    careful(Call(path="/session", headers=(("Cookie", f"session={STRANGE[case]}"),)))


@pytest.mark.parametrize("case", FAULTY)
def test_a_signed_value_that_is_no_session_is_no_server_error(case: str) -> None:
    """What another program signed with the same key is passed over; Flask answers 500."""
    never_500(Call(path="/session", headers=(("Cookie", f"session={FAULTY[case]}"),)))


def test_two_session_cookies_are_read_as_by_flask() -> None:
    """Of two session cookies the same one counts as in Flask."""
    for pair in ((GOOD, FORGED["garbage"]), (FORGED["garbage"], GOOD)):
        careful(Call(path="/session", headers=(("Cookie", "; ".join(f"session={value}" for value in pair)),)))


def test_the_next_request_sees_nothing_of_a_refused_one() -> None:
    """A refused request leaves no session and no context to the one after it."""
    same(Call(method="POST", path="/data", headers=(("Cookie", f"session={GOOD}"),), body=b"x", length="9"), 400)
    assert same(Call(path="/session"), 200).body == b"{}\n"
