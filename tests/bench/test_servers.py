"""What is measured with real servers: rows, apps and clients; small numbers, and no times."""

from __future__ import annotations

import os

import pytest

from bench import slow, sockets, wire
from bench.apps.echo import build_echo
from bench.cases import CASES
from bench.peers import PEERS, is_installed
from bench.process import run_program
from bench.serve import ECHO, SLOW, build_app
from bench.servers import RSGI, SERVERS, Row, choose_rows, list_processes, read_rss, serving
from bench.slow_client import KINDS
from bench.socket_client import TEXT, build_frame, parse_frame
from bench.subject import load_apps

PARTS = {"wire": wire.ROWS, "sockets": sockets.ROWS, "slow": slow.ROWS}
ASYNC_ROWS = [row for row in sockets.ROWS if row.peer == RSGI or is_installed(PEERS[row.peer])]


@pytest.mark.parametrize("part", PARTS)
def test_rows_name_what_there_is(part):
    """Each row has a known framework and server, and a name of its own."""
    rows = PARTS[part]
    assert {row.peer for row in rows} <= {*PEERS, RSGI}
    assert {row.server for row in rows} <= set(SERVERS)
    assert len(rows) == len({row.name for row in rows})


def test_rows_on_the_wire_have_apps():
    """Each framework has an app for every case that it is asked on the wire."""
    for row in wire.ROWS:
        assert set(row.cases) <= set(wire.CASE_NAMES) <= set(CASES)
        if row.peer != RSGI and is_installed(PEERS[row.peer]):
            assert set(row.cases) <= set(load_apps(PEERS[row.peer]))


def test_the_bare_rsgi_function_has_its_apps():
    """What is no peer is served all the same."""
    assert all(callable(build_app(RSGI, case)) for case in ("plain", "json", ECHO))


@pytest.mark.parametrize("peer", sorted({row.peer for row in ASYNC_ROWS}))
def test_an_echo_app_is_there_for_each_row(peer):
    """Every framework with a row for WebSockets has an app with one."""
    assert callable(build_echo(peer))


def test_a_row_says_whose_it_is():
    """The server's name tells the interface, so the framework's does not repeat it."""
    rows = (Row("demijohn_asgi", "uvicorn"), Row("flask", "waitress"), Row(RSGI, "Granian (RSGI)"))
    assert ["Demijohn", "Flask", "bare RSGI function"] == [row.label for row in rows]
    assert list(rows[:1]) == choose_rows(rows, ["demijohn_asgi"], is_whole=False)
    assert [rows[0], rows[2]] == choose_rows(rows, ["demijohn_asgi"], is_whole=True)


def test_processes_are_listed_with_what_descends_from_them():
    """A process is in its own family, and takes memory."""
    assert os.getpid() == list_processes(os.getpid())[0]
    assert read_rss(os.getpid()) > 1024 * 1024


@pytest.mark.parametrize("size", [0, 32, 125, 126, 5000])
def test_frames_are_taken_apart(size):
    """A frame is read when it is whole, and what follows it stays."""
    payload = b"x" * size
    head = bytes((0x81, size)) if size < 126 else bytes((0x81, 126)) + size.to_bytes(2, "big")
    assert parse_frame(head + payload + b"rest") == (1, payload, b"rest")
    assert parse_frame((head + payload)[:-1]) is None


def test_a_frame_of_a_client_is_masked():
    """A client's frame has the mask bit, and its payload is not to be read as it stands."""
    frame = build_frame(1, TEXT)
    assert bytes((0x81, 0x80 | len(TEXT))) == frame[:2]
    assert TEXT not in frame
    assert TEXT == bytes(byte ^ frame[2 + place % 4] for place, byte in enumerate(frame[6:]))


def test_idle_sockets_are_held_and_answer():
    """All sockets are opened, stay open, and send a text back in the end."""
    with serving(Row("demijohn_asgi", "Granian (RSGI)"), ECHO, ("--ws",)) as (port, process):
        figure = run_program("bench.socket_client", "idle", str(port), str(process), "20", timeout=60)
    assert [20, 20, 20] == [figure[name] for name in ("opened", "asked", "answered")]


def test_texts_are_sent_back():
    """Texts go back and forth through every socket."""
    with serving(Row("demijohn_asgi", "Granian (ASGI)"), ECHO, ("--ws",)) as (port, _process):
        figure = run_program("bench.socket_client", "echo", str(port), "4", "0.2", timeout=60)
    assert {"rps", "p50_ms", "p99_ms"} == set(figure)


def test_a_socket_that_is_refused_is_told():
    """Without a WebSocket behind the address there is a fault, not a figure."""
    with serving(Row("demijohn", "Granian (ASGI)"), SLOW, ("--ws",)) as (port, _process):
        figure = run_program("bench.socket_client", "echo", str(port), "2", "0.2", timeout=60)
    assert "0 of 2 sockets were opened" == figure["fault"]


@pytest.mark.parametrize("kind", KINDS)
def test_good_requests_are_counted_while_slow_ones_wait(kind):
    """Every good request is answered while a few clients are slow, whatever they are slow at."""
    with serving(Row("demijohn", "Granian (ASGI)"), SLOW) as (port, process):
        figure = run_program("bench.slow_client", str(port), str(process), kind, "3", "0.2", timeout=60)
    assert figure["asked"] > 0
    assert 1.0 == figure["share"]


def test_slow_clients_are_of_known_kinds():
    """What the benchmark asks for, the client can do."""
    assert {kind.client for kind in slow.KINDS.values()} <= set(KINDS)
