"""Files of certificates."""

import click
import pytest
from cryptography.hazmat.primitives import serialization
from werkzeug.serving import make_ssl_devcert

from demijohn.cli.tls import check_certificate

COMMAND = "serve"
APP = (
    "from flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef index():\n    return request.scheme\n"
)


def encrypt(path, target):
    """Write a key with the password 'secret', and return the file's path."""
    with open(path, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    target.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    return str(target)


def test_pair(pair):
    """Files that belong together are given back."""
    assert check_certificate(*pair) == (*pair, None, "1.2")


def test_key_of_another_certificate(pair, tmp_path):
    """A key that belongs to another certificate is told."""
    _, other = make_ssl_devcert(str(tmp_path / "second"), cn="localhost")
    with pytest.raises(click.ClickException, match="does not belong to the certificate"):
        check_certificate(pair[0], other)


def test_files_that_are_no_certificates(pair, write):
    """Files that are absent or hold something else are told."""
    text = str(write("text.pem", "nothing"))
    with pytest.raises(click.ClickException, match="'nowhere' of the certificate cannot be read: No such file"):
        check_certificate("nowhere", pair[1])
    with pytest.raises(click.ClickException, match="PEM format"):
        check_certificate(text, pair[1])
    with pytest.raises(click.ClickException, match=r"authorities' certificates in .* cannot be used"):
        check_certificate(*pair, ca_certificates=text)


def test_password_of_a_key(pair, tmp_path):
    """The password of a key is asked for, and a wrong one is told."""
    key = encrypt(pair[1], tmp_path / "encrypted.key")
    with pytest.raises(click.ClickException, match=r"is encrypted\. Give its password"):
        check_certificate(pair[0], key)
    with pytest.raises(click.ClickException, match="cannot be decrypted"):
        check_certificate(pair[0], key, "wrong")


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_https(pair, start, tmp_path, is_encrypted):
    """The application is served by HTTPS, with an encrypted key as well."""
    key = encrypt(pair[1], tmp_path / "encrypted.key") if is_encrypted else pair[1]
    env = {"FLASK_SERVE_KEYFILE_PASSWORD": "secret"} if is_encrypted else {}
    server = start("--certfile", pair[0], "--keyfile", key, env=env)
    assert server.get() == (200, "https")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--certfile", "CERT"], "'--certfile' is of use together with '--keyfile'"),
        (["--keyfile", "KEY"], "'--keyfile' is of use together with '--certfile'"),
        (["--ca-certs", "CERT"], "'--ca-certs' is of use with HTTPS only"),
        (["--certfile", "nowhere", "--keyfile", "KEY"], "'nowhere' does not exist"),
    ],
)
def test_options_that_do_not_go_together(runner, pair, arguments, expected):
    """A certificate without its key, or the reverse, is a mistake on the command line."""
    from demijohn.cli import cli

    named = {"CERT": pair[0], "KEY": pair[1]}
    result = runner.invoke(cli, ["serve", *(named.get(argument, argument) for argument in arguments)])
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())
