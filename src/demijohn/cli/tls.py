"""Check the files of a certificate before a server is given them."""

from __future__ import annotations

import os
import ssl
import sys
import typing as t

import click

_MISMATCHES = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"})


class Certificate(t.NamedTuple):
    """Name the files of a certificate that fit together."""

    certificate: str
    key: str
    ca_certificates: str | None = None
    oldest_version: str = "1.2"


def check_certificate(
    certificate: str,
    key: str,
    password: str | None = None,
    ca_certificates: str | None = None,
    oldest_version: str = "1.2",
) -> Certificate:
    """Return the files of a certificate, or tell what is wrong with them.

    Args:
        certificate: The file of the certificate, with its chain.
        key: The file of its key.
        password: The password of the key, if it has one.
        ca_certificates: The file of the authorities that sign clients'
            certificates; None to ask clients for none.
        oldest_version: The oldest version of TLS, "1.2" or "1.3".

    Raises:
        ClickException: A file cannot be read or is not in PEM format, the
            key is another certificate's, or its password is wrong.
    """
    content = _read(key, "key")
    _read(certificate, "certificate")
    is_encrypted = b"ENCRYPTED" in content
    if is_encrypted and password is None:
        raise click.ClickException(
            f"The key in {key!r} is encrypted. Give its password with '--keyfile-password', or better in the"
            " environment variable 'FLASK_SERVE_KEYFILE_PASSWORD', which no list of processes shows."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password)
    except (ssl.SSLError, OSError) as error:
        raise click.ClickException(_explain(certificate, key, error, is_encrypted=is_encrypted)) from error
    if ca_certificates is not None:
        _read(ca_certificates, "authorities' certificates")
        try:
            context.load_verify_locations(ca_certificates)
        except (ssl.SSLError, OSError) as error:
            raise click.ClickException(
                f"The authorities' certificates in {ca_certificates!r} cannot be used: {error}. The file has to be in"
                " PEM format."
            ) from error
    if is_encrypted and password is not None:
        key = _decrypt(key, content, password)
    return Certificate(certificate, key, ca_certificates, oldest_version)


def _read(path: str, kind: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise click.ClickException(
            f"The file {path!r} of the {kind} cannot be read: {error.strerror}. Check its path and its permissions."
        ) from error


def _explain(certificate: str, key: str, error: OSError, *, is_encrypted: bool) -> str:
    reason = getattr(error, "reason", None)
    if reason in _MISMATCHES:
        return (
            f"The key in {key!r} does not belong to the certificate in {certificate!r}. Give the two files that were"
            " made together."
        )
    if is_encrypted:
        return f"The key in {key!r} cannot be decrypted with the password that was given. Check the password."
    return (
        f"The certificate in {certificate!r} and the key in {key!r} cannot be used: {error}. Both files have to be in"
        " PEM format, and each has to hold what its option names."
    )


def _decrypt(path: str, content: bytes, password: str) -> str:
    """Return a path of the key without its password, in memory alone.

    Granian 2.8.7 fails on every encrypted key.
    """
    if sys.platform != "linux":
        raise click.ClickException(
            f"The key in {path!r} is encrypted, which works on Linux alone. Take the password off with"
            f" 'openssl pkey -in {path} -out plain.pem', and let nobody else read that file."
        )
    try:
        # Optional, and needed for encrypted keys only.
        from cryptography.hazmat.primitives import serialization
    except ImportError:
        raise click.ClickException(
            f"The key in {path!r} is encrypted, and reading it needs the cryptography library:"
            " 'pip install cryptography'."
        ) from None
    key = serialization.load_pem_private_key(content, password.encode())
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # SECURITY: a file on disk would outlive the server and its password, and a
    # program that the application starts would inherit an open one.
    # It stays open as long as the process: forked workers read it by this path.
    number = os.memfd_create("key", os.MFD_CLOEXEC)
    os.write(number, plain)
    return f"/proc/self/fd/{number}"
