from typing import cast

import pytest
import requests
from pydantic import SecretStr
from requests import exceptions
from sigstore.oidc import ExpiredIdentity
from sigstore.sign import ExpiredCertificate, Signer  # type: ignore[attr-defined]  # not re-exported
from tuf.api.exceptions import DownloadError, DownloadHTTPError

from publisher.attestations.sigstore import DETAIL_LIMIT, RATE_LIMIT_WAIT, SigningKey, explain_failure
from publisher.identity.exchange import IdToken
from publisher.network.reply import Answer, Cause, NoReply, Reply
from tests.fakes.sigstore.world import signing_world


class FailingSigner:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def sign_dsse(self, _: object) -> None:
        raise self._error


def test_attest__only_an_expired_certificate_is_renewed() -> None:
    with signing_world() as world:
        trust = world.parse_trust()
    expired, failing = (cast("Signer", FailingSigner(error)) for error in (ExpiredCertificate(), ExpiredIdentity()))
    assert SigningKey(trust, expired).attest("sample-1.0.tar.gz", "0" * 64) is None
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its context is asserted
        SigningKey(trust, failing).attest("sample-1.0.tar.gz", "0" * 64)
    assert isinstance(caught.value.__context__, ExpiredIdentity)


def test_request_key__the_id_token_is_in_no_error() -> None:
    secret = "not-even-a-token"
    with signing_world() as world:
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- the library's own
            world.parse_trust().request_key(IdToken(SecretStr(secret), {}))
        assert secret not in repr(caught.value)
        assert world.sigstore.id_tokens == [secret]


def http_error(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    response._content = body
    response.headers.update(headers or {})
    return requests.HTTPError(response=response)


def explain_wrapped(cause: Exception) -> Answer | str:
    """Explain an exception that led to another one, as the libraries raise them."""
    error = ValueError("wrapped")
    error.__context__ = cause
    return explain_failure(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (http_error(502, b"<html>", {"Retry-After": "3"}), Reply(502, "", {"retry-after": "3"}, b"<html>")),
        (http_error(429), Reply(429, headers={"retry-after": str(RATE_LIMIT_WAIT)})),
        (http_error(429, headers={"Retry-After": "60"}), Reply(429, headers={"retry-after": "60"})),
        (DownloadHTTPError("x", 503), Reply(503)),
        (
            ValueError("a\nb" + "c" * 10_000),
            NoReply(Cause.UNUSABLE, f"ValueError: {('a b' + 'c' * 10_000)[:DETAIL_LIMIT]}"),
        ),
    ],
)
def test_explain_failure__http_error_or_long_text(error: Exception, expected: Answer) -> None:
    assert explain_failure(error) == expected


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (exceptions.ProxyError("x"), Cause.PROXY),
        (exceptions.SSLError("x"), Cause.CERTIFICATE),
        (exceptions.ConnectionError("x"), Cause.CONNECT),
        (exceptions.ChunkedEncodingError("x"), Cause.RESET),
        (exceptions.JSONDecodeError("x", "{", 0), Cause.UNUSABLE),
        (DownloadError("x"), Cause.RESET),
        (TimeoutError("x"), Cause.TIMEOUT_ANSWER),
        (KeyError("logIndex"), Cause.UNUSABLE),
    ],
)
def test_explain_failure__no_reply(error: Exception, cause: Cause) -> None:
    answer = explain_failure(error)
    assert isinstance(answer, NoReply)
    assert answer.cause is cause


def test_explain_failure__this_machine() -> None:
    assert explain_wrapped(PermissionError(13, "Permission denied")) == "PermissionError: Permission denied"
    assert explain_failure(OSError("odd")) == "OSError: no reason given"
