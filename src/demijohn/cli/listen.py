"""Open the socket on which a server listens, and close it without loss.

The process that watches the workers owns the socket and hands it to each
of them.  So connections wait in one queue, which outlives any worker.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import socket
import stat
import struct
import sys

import click

#: Linux's option for a packet filter on a socket, which `socket` lacks.
_SO_ATTACH_FILTER = 26

#: Linux tells here which files this process has open, and what they watch.
_OPEN_FILES = "/proc/self/fd"
_OPEN_FILES_INFO = "/proc/self/fdinfo"

#: A classic BPF program (linux/filter.h): look at the flags of the TCP
#: header, drop the packet if SYN is set, let every other one pass.
_DROP_SYN = (
    (0x30, 0, 0, 13),
    (0x45, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)


def open_tcp_listener(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address, not listening yet.

    Args:
        host: A name or address; "::" and "0.0.0.0" mean all addresses.
        port: The port; 0 for a free one.

    Raises:
        ClickException: The address is unknown or not of this machine, or
            the port is taken or reserved.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, OverflowError) as error:
        raise click.ClickException(
            f"Nothing is known of the host {host!r}: {error}. Give an address of this machine with '--host'."
        ) from error
    family, _, _, _, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # There, this option would let two programs take the same port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(address)
        # Only listening tells that another program took the port meanwhile.
        listener.listen(1)
    except OSError as error:
        listener.close()
        raise click.ClickException(_explain_bind(host, port, error)) from error
    return listener


def open_unix_listener(path: str, permissions: int | None = None) -> socket.socket:
    """Return a listening socket in the file system.

    A socket file that a program left behind is replaced.

    Args:
        path: Where the socket's file will be.
        permissions: Its mode, such as 0o660; by default the umask decides.

    Raises:
        ClickException: The path cannot be written, is something else, or
            another program listens there.
    """
    _remove_stale_socket(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        if permissions is not None:
            os.chmod(path, permissions)
        listener.listen(1)
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"The unix socket {path!r} cannot be made: {error.strerror or error}. Its folder has to exist and to be"
            " writable, and the path has to be shorter than about 100 characters."
        ) from error
    return listener


def describe_listener(listener: socket.socket, *, is_tls: bool = False) -> str:
    """Return the address of a listening socket as people write it.

    Args:
        listener: The socket.
        is_tls: Whether clients speak TLS.
    """
    address = listener.getsockname()
    if isinstance(address, str):
        return f"unix:{address}"
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"{'https' if is_tls else 'http'}://{host}:{address[1]}"


def refuse_new_connections(listener: socket.socket) -> bool:
    """Let nobody connect any more, and keep those who wait for acceptance.

    Closing a listening socket cuts off every connection in its queue.  So
    a unix socket loses its name, and a TCP socket is made deaf to opening
    packets: clients try again on their own after about a second, when the
    port is free, or another server listens there.

    Args:
        listener: The listening socket.

    Returns:
        Whether the system can do that.
    """
    name = listener.getsockname()
    if isinstance(name, str):
        if os.path.exists(name):
            os.unlink(name)
        return True
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in _DROP_SYN))
    try:
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_DROP_SYN), ctypes.addressof(program))
        )
    except OSError:
        return False
    return True


def stop_accepting(inode: int) -> bool:
    """Let this process accept no more connections of a listening socket.

    Other processes go on accepting them.  Granian 2.8.7 knows only an end
    that also closes each connection on which nothing has arrived yet.  It
    learns of new connections by epoll, and from now on it will not: it waits
    for ever for the next one, until it is stopped.

    Args:
        inode: The socket's inode.

    Returns:
        Whether the system can do that.
    """
    try:
        numbers = [int(name) for name in os.listdir(_OPEN_FILES)]
    except OSError:
        return False
    has_stopped = False
    for number in numbers:
        # Other threads open and close files meanwhile.
        with contextlib.suppress(OSError):
            if os.readlink(f"{_OPEN_FILES}/{number}") == "anon_inode:[eventpoll]":
                has_stopped |= _forget(number, inode)
    return has_stopped


def _forget(poll: int, inode: int) -> bool:
    """Take a socket out of what an epoll instance watches."""
    with open(f"{_OPEN_FILES_INFO}/{poll}", encoding="ascii") as file:
        watched = [int(line.split()[1]) for line in file if line.startswith("tfd:")]
    has_forgotten = False
    # The object closes what it was made from.
    with select.epoll.fromfd(os.dup(poll)) as epoll:
        for number in watched:
            with contextlib.suppress(OSError):
                if os.fstat(number).st_ino == inode:
                    # The same instance may be open twice.
                    has_forgotten = True
                    epoll.unregister(number)
    return has_forgotten


def has_waiting_connections(listener: socket.socket) -> bool:
    """Tell whether a client is connected and nobody accepted it yet.

    Args:
        listener: The listening socket.
    """
    if not hasattr(select, "poll"):
        return bool(select.select([listener], [], [], 0)[0])
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(0))


def _explain_bind(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host!r} is taken: another program listens there. Stop it, or choose another port with"
            " '--port'."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} needs rights that this user does not have. Choose one above 1023 with '--port', and let a"
            " proxy listen on the lower one."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host!r} is no address of this machine. Give one with '--host', such as '127.0.0.1' or '0.0.0.0'."
    return f"Port {port} of {host!r} cannot be listened on: {error.strerror or error}."


def _remove_stale_socket(path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise click.ClickException(
            f"The path {path!r} is there already and is no socket. Choose another one with '--uds'."
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # A program whose queue is full would let the probe wait.
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except OSError:
            # Such as one that only another user may connect to: it is in use all the same.
            pass
    raise click.ClickException(
        f"The unix socket {path!r} is taken: another program listens there. Stop it, or choose another path with"
        " '--uds'."
    )
