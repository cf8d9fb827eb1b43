import base64
import time
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.errors import AudienceRefused, ExchangeUnanswered, IdTokenRefused, MintRefused, Reason
from publisher.identity.exchange import (
    DEFAULT_LIFETIME,
    RENEWAL_MARGIN,
    REVOKE_TIMEOUT,
    Exchange,
    IdToken,
    UploadToken,
    parse_reasons,
    parse_unverified_claims,
)
from publisher.network.reply import Cause, NoReply, Reply
from tests.fakes.faults import HANG, LOSE_ANSWER
from tests.fakes.service import PASS, Answer
from tests.unit.identity.conftest import Desk
from tests.values import NOW

NO_AUDIENCES: tuple[object, ...] = ({}, [], {"audience": ""}, {"audience": ["index"]})


def test_request_audience__outages_pass(desk: Desk) -> None:
    desk.index.audience = "index of ours"
    desk.index.script("audience", Answer(502), Answer(503, headers={"Retry-After": "0"}))
    assert desk.use(Exchange.request_audience) == "index of ours"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, '{"message": "not enabled"}'),
        Answer(404, "<html>"),
        Answer(200, "<html>"),
        Answer(202, '{"audience": "index"}'),
        Answer(301, headers={"Location": "/elsewhere"}),
        *(Answer.of_json(200, content) for content in NO_AUDIENCES),
        *(Answer.of_json(200, {"audience": text}) for text in ("\ud800", "a\nb", "a" * 100_000)),
    ],
)
def test_request_audience__refused(desk: Desk, answer: Answer) -> None:
    desk.index.script("audience", answer)
    with pytest.raises(AudienceRefused) as caught:
        desk.use(Exchange.request_audience)
    assert caught.value.attempts == 1
    assert caught.value.url.path == "/_/oidc/audience"


@pytest.mark.parametrize(("status", "attempts"), [(503, 3), (506, 1), (429, 1)])
def test_request_audience__lasting_outage(desk: Desk, status: int, attempts: int) -> None:
    desk.index.script("audience", *[Answer(status)] * 3)
    with pytest.raises(ExchangeUnanswered) as caught:
        desk.use(Exchange.request_audience)
    assert caught.value.attempts == attempts


def test_mint__a_token_with_its_times(desk: Desk) -> None:
    token = desk.mint()
    assert token.secret.get_secret_value() in desk.index.tokens
    assert token.secret.get_secret_value() not in repr(token)
    assert (token.minted, token.expires) == (NOW, NOW + 900)
    assert desk.journal.masked == [*desk.github.issued, token.secret.get_secret_value()]


@pytest.mark.parametrize(
    "expires", [None, "soon", True, [], -1, 0, NOW, NOW - 300, float("inf"), float("nan"), 10**400, 1 << 53]
)
def test_mint__a_lifetime_that_means_nothing(desk: Desk, expires: object) -> None:
    desk.index.script("mint", Answer.of_json(200, {"token": "minted", "expires": expires}))
    assert desk.mint().expires == NOW + DEFAULT_LIFETIME


def test_mint__a_new_id_token_for_every_attempt(desk: Desk) -> None:
    desk.proxy.script(LOSE_ANSWER, path="/_/oidc/mint")
    desk.index.script("mint", PASS, Answer(503))
    token = desk.mint()
    assert list(desk.index.tokens)[1:] == [token.secret.get_secret_value()]
    assert [seen.json() for seen in desk.index.seen("mint")] == [{"token": token} for token in desk.github.issued]
    assert len(set(desk.github.issued)) == 3
    desk.index.script("mint", *[Answer(503)] * 3)
    with pytest.raises(ExchangeUnanswered) as caught:
        desk.mint()
    assert caught.value.attempts == 3


def test_mint__refused_with_reasons_and_claims(desk: Desk) -> None:
    desk.github.claims["environment"] = "staging"
    with pytest.raises(MintRefused) as caught:
        desk.mint()
    error = caught.value
    assert [reason.code for reason in error.reasons] == ["invalid-publisher"]
    assert "no corresponding publisher" in error.reasons[0].description
    assert error.claims["environment"] == "staging"
    assert error.attempts == 1
    assert len(desk.index.seen("mint")) == 1
    shown = desk.journal.text + "".join(traceback.format_exception(error))
    assert desk.github.issued[0] not in shown


@pytest.mark.parametrize(
    "answer", [Answer(422, "<html>"), Answer(403), Answer(404), Answer(308, headers={"Location": "/x"})]
)
def test_mint__refused_without_reasons(desk: Desk, answer: Answer) -> None:
    desk.index.script("mint", answer)
    with pytest.raises(MintRefused) as caught:
        desk.mint()
    assert caught.value.reasons == ()
    assert len(desk.index.seen("mint")) == 1


@pytest.mark.parametrize("content", [{}, [], {"token": ""}, {"token": 7}, {"token": "a\nb"}, {"token": "ü"}])
def test_mint__a_success_without_a_token(desk: Desk, content: object) -> None:
    desk.index.script("mint", Answer.of_json(200, content))
    with pytest.raises(ExchangeUnanswered) as caught:
        desk.mint()
    assert isinstance(caught.value.answer, NoReply)
    assert caught.value.answer.cause is Cause.UNUSABLE


def test_mint__reasons_in_a_success_are_a_refusal(desk: Desk) -> None:
    content = {"success": False, "errors": [{"code": "invalid-publisher", "description": "not found"}]}
    desk.index.script("mint", Answer.of_json(200, content))
    with pytest.raises(MintRefused) as caught:
        desk.mint()
    assert caught.value.reasons == (Reason("invalid-publisher", "not found"),)


def test_mint__no_id_token_no_request(desk: Desk) -> None:
    desk.github.script("id-token", Answer(401))
    with pytest.raises(IdTokenRefused):
        desk.mint()
    assert not desk.index.requests


def revoke(*values: str) -> Callable[[Exchange], None]:
    tokens = [UploadToken(SecretStr(value), NOW, NOW + 900) for value in values]
    return lambda exchange: exchange.revoke_upload_tokens(tokens)


def test_revoke__every_token(desk: Desk) -> None:
    minted = [desk.mint().secret.get_secret_value() for _ in range(2)]
    desk.use(revoke(*minted))
    assert all(token.burned for token in desk.index.tokens.values())
    assert desk.journal.text.count("Revoked an upload token") == 2


@pytest.mark.parametrize("answer", [Answer(404), Answer(500, "canary-4711"), Answer(302), Answer(429)])
def test_revoke__never_an_error_and_tried_once(desk: Desk, answer: Answer) -> None:
    desk.index.script("burn", answer, PASS)
    desk.use(revoke("canary-4711"))
    assert len(desk.index.seen("burn")) == 1
    assert "An upload token was not revoked; it will expire: " in desk.journal.text
    assert "canary-4711" not in desk.journal.text


def test_revoke__all_of_them_within_the_time(desk: Desk) -> None:
    # One request at a time would take one timeout each.
    desk.proxy.script(*[HANG] * 6)

    def measure(exchange: Exchange) -> float:
        began = time.monotonic()
        revoke(*map(str, range(6)))(exchange)  # over four connections
        return time.monotonic() - began

    assert desk.use(measure) < REVOKE_TIMEOUT + 1
    assert "it will expire" in desk.journal.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"errors": [{"code": "a", "description": "b"}, 7, {"code": 1}]}', (Reason("a", "b"), Reason("1", ""))),
        (b'{"errors": [{"code": "a", "message": "b"}, {"field": "c"}]}', (Reason("a", "b"),)),
        (b'{"errors": {}}', ()),
        (b'{"message": "no"}', ()),
        (b"<html>", ()),
    ],
)
def test_parse_reasons__as_far_as_they_can_be_read(body: bytes, expected: tuple[Reason, ...]) -> None:
    assert parse_reasons(Reply(422, body=body)) == expected


@pytest.mark.parametrize(
    ("lifetime", "age", "fresh"),
    [
        (3600, 0, True),
        (3600, 3600 - RENEWAL_MARGIN - 1, True),
        (3600, 3600 - RENEWAL_MARGIN, False),
        (900, 599, True),
        (900, 600, False),
        (30, 19, True),
        (30, 20, False),
        (0, 0, False),
        (-900, 0, False),
    ],
)
def test_is_fresh__until_its_margin(lifetime: float, age: float, fresh: bool) -> None:
    assert UploadToken(SecretStr("x"), NOW, NOW + lifetime).is_fresh(NOW + age) is fresh


NO_VALUES: tuple[object, ...] = ({}, [], {"value": ""}, {"value": 7}, {"value": "a b"})


def ask(desk: Desk, audience: str = "index") -> IdToken:
    return desk.use(lambda exchange: exchange.github.request_id_token(audience))


def test_request_id_token__for_an_audience(desk: Desk) -> None:
    token = ask(desk, "https://index.example/?a=b&c=d e")
    assert token.claims["aud"] == "https://index.example/?a=b&c=d e"
    assert desk.journal.masked == [token.secret.get_secret_value()] == desk.github.issued
    assert desk.github.requests[0].query.startswith("api-version=2.0&audience=https%3A%2F%2Findex.example")


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (503, 3), (429, 1)])
def test_request_id_token__lasting_outage(desk: Desk, status: int, attempts: int) -> None:
    desk.github.script("id-token", *[Answer(status)] * 3)
    with pytest.raises(ExchangeUnanswered) as caught:
        ask(desk)
    assert caught.value.attempts == attempts
    shown = desk.journal.text + "".join(traceback.format_exception(caught.value))
    assert "audience" not in str(caught.value)
    assert desk.github.request_token not in shown


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, "no"),
        Answer(404),
        Answer(302, headers={"Location": "/elsewhere"}),
        Answer(201, '{"value": "a.b.c"}'),
        Answer(200, "<html>"),
        *(Answer.of_json(200, content) for content in NO_VALUES),
        *(Answer.of_json(200, {"value": text}) for text in ("a\r\nb", "\ud800", "ü")),
    ],
)
def test_request_id_token__refused(desk: Desk, answer: Answer) -> None:
    desk.github.script("id-token", answer)
    with pytest.raises(IdTokenRefused) as caught:
        ask(desk)
    assert caught.value.attempts == 1
    assert not desk.journal.masked


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize("length", range(4))
def test_parse_unverified_claims__whatever_the_padding(length: int) -> None:
    content = b'{"sub": "%b\xc3\xbc"}' % (b"x" * length)
    assert parse_unverified_claims(SecretStr(f"e30.{encode(content)}.")) == {"sub": "x" * length + "ü"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "a.b", "a.b.c.d", "e30.!.", "e30.ü.", f"e30.{encode(b'[1]')}.", f"e30.{encode(b'{')}."),
        *(f"e30.{encode(b'[' * 200_000)}.", f"{encode(b'[' * 200_000)}.e30.", f"e30.{encode(bytes([255, 254]))}."),
        f"e30.{encode(b'1' * 10_000)}.",
        "\ud800.e30.",
    ],
)
def test_parse_unverified_claims__empty_if_it_is_not_a_jwt(text: str) -> None:
    assert parse_unverified_claims(SecretStr(text)) == {}


@given(st.text(), st.binary())
def test_parse_unverified_claims__any_text(text: str, content: bytes) -> None:
    assert isinstance(parse_unverified_claims(SecretStr(text)), dict)
    assert isinstance(parse_unverified_claims(SecretStr(f"e30.{encode(content)}.")), dict)
