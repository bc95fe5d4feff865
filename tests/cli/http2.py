"""Talk HTTP/2 frame by frame (RFC 9113), as clients do that go on after the server has said GOAWAY.

The library `h2` takes a GOAWAY for the end, and the clients built on it do so too.
"""

from __future__ import annotations

import contextlib
import socket
from collections import defaultdict

from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.cli.serving import PATIENCE, trust_everybody

_CANCEL = 8
_HEAD = 9
_PIECE = 16_384


class Http2Client:
    """Send requests on one connection, and read what comes for each of them.

    Attributes:
        statuses: The status of each stream's answer.
        bodies: What came of each stream's body.
        ended: The streams that ended in good order.
        is_leaving: Whether the server takes no more requests here.
    """

    def __init__(self, port, *, tls):
        self._scheme = "https" if tls else "http"
        self._authority = f"127.0.0.1:{port}"
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        if tls:
            context = trust_everybody()
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
            assert self.socket.selected_alpn_protocol() == "h2"
        self._file = self.socket.makefile("rb")
        self._encoder, self._decoder = Encoder(), Decoder()
        self._next = 1
        self.statuses, self.bodies, self.ended, self.is_leaving = {}, defaultdict(bytes), set(), False
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame().serialize())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()
        self.socket.close()

    def send(self, path, *headers, body=b""):
        """Send a request, and return the number of its stream."""
        stream, self._next = self._next, self._next + 2
        method = "POST" if body else "GET"
        fields = [(":method", method), (":scheme", self._scheme), (":path", path), (":authority", self._authority)]
        data = self._encoder.encode([*fields, *headers])
        self._write(HeadersFrame(stream, data, flags=["END_HEADERS", *([] if body else ["END_STREAM"])]))
        for start in range(0, len(body), _PIECE):
            flags = ["END_STREAM"] if start + _PIECE >= len(body) else []
            self._write(DataFrame(stream, body[start : start + _PIECE], flags=flags))
        return stream

    def cancel(self, stream):
        """Give up one request."""
        self._write(RstStreamFrame(stream, error_code=_CANCEL))

    def receive(self, stream):
        """Return status and body of a whole answer."""
        self.read_until(lambda: stream in self.ended)
        return self.statuses[stream], self.bodies[stream].decode()

    def read_until(self, condition):
        """Read frames until a condition holds."""
        while not condition():
            head = self._file.read(_HEAD)
            assert head, f"the server closed the connection; ended streams: {self.ended}"
            frame, length = Frame.parse_frame_header(memoryview(head))
            frame.parse_body(memoryview(self._file.read(length)))
            self._take(frame)

    def _take(self, frame):
        stream = frame.stream_id
        if isinstance(frame, HeadersFrame):
            self.statuses[stream] = int(dict(self._decoder.decode(frame.data))[":status"])
        elif isinstance(frame, DataFrame):
            self.bodies[stream] += frame.data
            if frame.data:
                self._reply(WindowUpdateFrame(0, window_increment=len(frame.data)))
        elif isinstance(frame, GoAwayFrame):
            self.is_leaving = True
        elif isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self._reply(SettingsFrame(flags=["ACK"]))
        elif isinstance(frame, PingFrame) and "ACK" not in frame.flags:
            self._reply(PingFrame(opaque_data=frame.opaque_data, flags=["ACK"]))
        if "END_STREAM" in frame.flags:
            self.ended.add(stream)

    def _reply(self, frame):
        # A server that has said all need not read on.
        with contextlib.suppress(OSError):
            self._write(frame)

    def _write(self, frame):
        self.socket.sendall(frame.serialize())
