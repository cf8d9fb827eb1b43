import pytest
from packaging.utils import canonicalize_name

from publisher.errors import NotListed
from publisher.index.endpoints import index_at
from publisher.index.simple_api import ListedFile, Listing, Unknown
from publisher.network.reply import Cause, NoReply, Reply
from publisher.network.url import Url
from publisher.report.messages.transport import explain_listings, explain_no_reply, explain_not_listed
from tests.values import SDIST, WHEEL

SAMPLE = canonicalize_name("sample")
INDEX = Url.parse("https://index.example/legacy/")


@pytest.mark.parametrize(
    ("cause", "url", "words"),
    [
        *((Cause.CONNECT, f"http://{host}:8080/", "`localhost` is the container") for host in ("localhost", "[::1]")),
        (Cause.CONNECT, "http://devpi:3141/", "firewall"),
        (Cause.DNS, "http://devpi:3141/", "the job has none of this name"),
        (Cause.DNS, "https://index.example/", "DNS server"),
    ],
)
def test_explain_no_reply__by_host(cause: Cause, url: str, words: str) -> None:
    assert words in explain_no_reply(NoReply(cause), Url.parse(url)).why


@pytest.mark.parametrize("is_upload", [False, True])
@pytest.mark.parametrize("cause", list(Cause))
def test_explain_no_reply__every_cause_in_three_lines(cause: Cause, is_upload: bool) -> None:
    advice = explain_no_reply(NoReply(cause), INDEX, is_upload=is_upload)
    assert len(advice.why) < 120
    assert len(advice.remedy) < 170
    assert ("repository-url" in advice.remedy) == (
        is_upload and cause in {Cause.MALFORMED, Cause.REDIRECT, Cause.UNUSABLE}
    )


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (NoReply(Cause.CONNECT), "check its route"),
        (Reply(401), "Put a valid user name and password into `check-url`"),
        (Reply(403), "Put a valid user name and password into `check-url`"),
        (Reply(503), "No action is needed"),
        (Reply(200), "root of the Simple API"),
        (Reply(410), "root of the Simple API"),
        (NoReply(Cause.REDIRECT), "the Simple API to which it leads"),
    ],
)
def test_explain_listings__by_what_was_answered(answer: Reply | NoReply, remedy: str) -> None:
    index = index_at(INDEX, Url.parse("https://index.example/simple/"))
    (message,) = explain_listings({SAMPLE: Unknown("it answered badly", answer)}, index, will_wait=True)
    assert message.render_what().endswith("`index.example` cannot be used, because it answered badly: `sample`")
    assert remedy in message.remedy
    assert len(message.render_what() + message.remedy) < 300


def test_explain_listings__pypi_has_no_check_url() -> None:
    pypi = index_at(Url.parse("https://upload.pypi.org/legacy/"), None)
    (message,) = explain_listings({SAMPLE: Unknown("x", Reply(403))}, pypi, will_wait=True)
    assert "check-url" not in message.text


def test_explain_listings__without_digests_only_before_waiting() -> None:
    listings = {SAMPLE: Listing({WHEEL: ListedFile()})}
    (message,) = explain_listings(listings, index_at(INDEX, None), will_wait=True)
    assert "`index.example` states no SHA-256 digests" in message.what
    assert list(explain_listings(listings, index_at(INDEX, None), will_wait=False)) == []
    assert list(explain_listings({SAMPLE: Listing({})}, index_at(INDEX, None), will_wait=True)) == []


def test_explain_not_listed__by_reason() -> None:
    missing = {WHEEL: "not listed", SDIST: "it answered 401", "other-1.0.tar.gz": "not listed"}
    messages = explain_not_listed(NotListed(Url.parse("https://user:x@index.example/simple/"), 60, missing))
    what = "Uploaded, but not confirmed by `https://index.example/simple/` within 60 s"
    assert [message.render_what() for message in messages] == [
        f"{what} (not listed): `{WHEEL}`, `other-1.0.tar.gz`",
        f"{what} (it answered 401): `{SDIST}`",
    ]
