"""Sockets that a server listens on."""

import os
import select
import socket
import sys

import click
import pytest

from demijohn.cli.listen import (
    describe_listener,
    has_waiting_connections,
    open_tcp_listener,
    open_unix_listener,
    refuse_new_connections,
    stop_accepting,
)


def test_free_port():
    """Port 0 takes a free port, which the address names."""
    with open_tcp_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert describe_listener(listener) == f"http://127.0.0.1:{port}"
        assert describe_listener(listener, is_tls=True) == f"https://127.0.0.1:{port}"


def test_ipv6():
    """An address of IPv6 is taken with and without brackets, and written with them."""
    for host in ("::1", "[::1]"):
        with open_tcp_listener(host, 0) as listener:
            assert describe_listener(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_taken_port():
    """A port cannot be taken twice."""
    with open_tcp_listener("127.0.0.1", 0) as first, pytest.raises(click.ClickException, match="is taken"):
        open_tcp_listener("127.0.0.1", first.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "expected"), [("192.0.2.1", "is no address of this machine"), ("no.such.host.invalid", "Nothing is known")]
)
def test_foreign_host(host, expected):
    """A host that is unknown or another machine is refused."""
    with pytest.raises(click.ClickException, match=expected):
        open_tcp_listener(host, 0)


def test_unix_socket(tmp_path):
    """A unix socket has the mode that was asked for."""
    path = str(tmp_path / "a.sock")
    with open_unix_listener(path, 0o640) as listener:
        assert os.stat(path).st_mode & 0o777 == 0o640
        assert describe_listener(listener) == f"unix:{path}"


def test_left_unix_socket(tmp_path):
    """A socket's file that nobody listens on any more is replaced, one in use is not."""
    path = str(tmp_path / "a.sock")
    open_unix_listener(path).close()
    with open_unix_listener(path), pytest.raises(click.ClickException, match="is taken"):
        open_unix_listener(path)


def test_unix_socket_that_cannot_be_made(tmp_path):
    """A path in a folder that is not there, and one of another file, are refused."""
    (tmp_path / "file").write_text("kept")
    with pytest.raises(click.ClickException, match="cannot be made: No such file"):
        open_unix_listener(str(tmp_path / "nowhere" / "a.sock"))
    with pytest.raises(click.ClickException, match="is no socket"):
        open_unix_listener(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's packet filters")
def test_refusing_keeps_who_waits():
    """Who is connected stays in the queue, and nobody joins it."""
    with open_tcp_listener("127.0.0.1", 0) as listener:
        listener.listen(5)
        first = socket.create_connection(listener.getsockname())
        assert refuse_new_connections(listener)
        assert has_waiting_connections(listener)
        with socket.socket() as second:
            second.settimeout(0.1)
            with pytest.raises(TimeoutError):
                second.connect(listener.getsockname())
        listener.accept()[0].close()
        assert not has_waiting_connections(listener)
        first.close()


def test_refusing_on_a_unix_socket(tmp_path):
    """A unix socket loses its name and keeps who waits."""
    path = str(tmp_path / "a.sock")
    with open_unix_listener(path) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        assert refuse_new_connections(listener)
        assert has_waiting_connections(listener)
        assert not os.path.exists(path)


@pytest.mark.skipif(sys.platform != "linux", reason="by /proc")
def test_accepting_no_more():
    """What watches a socket by epoll learns of no new connection, and others do."""
    with open_tcp_listener("127.0.0.1", 0) as listener, select.epoll() as leaving, select.epoll() as staying:
        leaving.register(listener.fileno(), select.EPOLLIN)
        assert stop_accepting(os.fstat(listener.fileno()).st_ino)
        staying.register(listener.fileno(), select.EPOLLIN)
        with socket.create_connection(listener.getsockname()):
            assert [number for number, _ in staying.poll(10)] == [listener.fileno()]
            assert leaving.poll(0) == []


@pytest.mark.skipif(sys.platform != "linux", reason="by /proc")
def test_nothing_to_accept():
    """A socket that nothing watches is told to be one."""
    with open_tcp_listener("127.0.0.1", 0) as listener:
        assert not stop_accepting(os.fstat(listener.fileno()).st_ino)


def test_accepting_goes_on_elsewhere(monkeypatch, tmp_path):
    """Where the system does not tell of open files, nothing is done."""
    monkeypatch.setattr("demijohn.cli.listen._OPEN_FILES", str(tmp_path / "nowhere"))
    assert not stop_accepting(1)
