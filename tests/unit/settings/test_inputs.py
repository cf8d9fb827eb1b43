from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, create_model

from publisher.attestations.model import AttestationMode
from publisher.network.url import Url
from publisher.settings import inputs
from publisher.settings.inputs import IndexRules, TrustedPublishing

Kind = Any
"""An input's annotation; there is no type for such a thing."""


def parse(kind: Any, text: str) -> Any:  # noqa: ANN401 -- each kind of input has a type of its own
    settings = ConfigDict(arbitrary_types_allowed=True)
    model: type[BaseModel] = create_model("OneInput", __config__=settings, value=(kind, ...))
    return model.model_validate({"value": text}).__dict__["value"]


def refuse(kind: Any, text: str) -> str:  # noqa: ANN401 -- as above
    with pytest.raises(ValidationError) as caught:
        parse(kind, text)
    return str(caught.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize("text", ["true", "yes", "on", "1", "TRUE", "Yes", " on\n"])
def test_flag__yes(text: str) -> None:
    assert parse(inputs.Flag, text) is True


@pytest.mark.parametrize("text", ["false", "no", "off", "0", "FALSE", "oFF "])
def test_flag__no(text: str) -> None:
    assert parse(inputs.Flag, text) is False


@pytest.mark.parametrize("text", ["y", "2", "enabled", "true false", "\u0661"])
def test_flag__neither(text: str) -> None:
    assert "`true`, `false`, `yes`, `no`, `on`, `off`, `1` and `0`" in refuse(inputs.Flag, text)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (inputs.Mode, " Always ", TrustedPublishing.ALWAYS),
        (inputs.Rules, "basic", IndexRules.BASIC),
        (inputs.AttestationsInput, "required", AttestationMode.REQUIRED),
        (inputs.AttestationsInput, "Best-Effort", AttestationMode.BEST_EFFORT),
        (inputs.AttestationsInput, "yes", AttestationMode.TRUE),
        (inputs.AttestationsInput, "off", AttestationMode.FALSE),
    ],
)
def test_words__known(kind: Kind, text: str, expected: object) -> None:
    assert parse(kind, text) is expected


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (inputs.Mode, "`automatic`, `always`, `never`"),
        (inputs.Rules, "`auto`, `pypi`, `basic`"),
        (inputs.AttestationsInput, "`true`, `required`, `best-effort`, `false`"),
    ],
)
def test_words__unknown_lists_what_is_allowed(kind: Kind, allowed: str) -> None:
    assert refuse(kind, "maybe") == f"is not one of {allowed}"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (inputs.Parallel, "1", 1),
        (inputs.Attempts, " 100\n", 100),
        (inputs.Seconds, "86400", 86400),
        (inputs.SecondsOrNone, "0", 0),
        (inputs.SecondsOrNone, "007", 7),
    ],
)
def test_counts__within_their_bounds(kind: Kind, text: str, expected: int) -> None:
    assert parse(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((inputs.Parallel, text) for text in ("0", "101", "-1", "+1", "1.0", "1e1", "\u0663", "\u00b2", "0x1")),
        (inputs.Seconds, "86401"),
        (inputs.Seconds, "1" * 10_000),
        (inputs.SecondsOrNone, "1000000000"),
    ],
)
def test_counts__anything_else(kind: Kind, text: str) -> None:
    assert refuse(kind, text).startswith("is not a whole number from ")


def test_secret__as_it_stands() -> None:
    assert parse(inputs.Secret, " pä ss ") == SecretStr(" pä ss ")


@pytest.mark.parametrize("text", ["x\n", "\rx", "a\x00b", "\ud800", "a\u2028b"])
def test_secret__with_a_line_break_or_the_like(text: str) -> None:
    assert "control character" in refuse(inputs.Secret, text)


@pytest.mark.parametrize(("text", "expected"), [("me", "me"), ('""', ""), ("__token__", "__token__"), ("m e", "m e")])
def test_user__as_it_stands(text: str, expected: str) -> None:
    assert parse(inputs.User, text) == expected


@pytest.mark.parametrize("text", ["a:b", "a\nb"])
def test_user__what_basic_authentication_cannot_carry(text: str) -> None:
    assert "colon or a control character" in refuse(inputs.User, text)


@pytest.mark.parametrize(
    "text", ["https://index.example/x/", " https://index.example/x/\n", "http://127.0.0.1:8080/x/"]
)
@pytest.mark.parametrize("kind", [inputs.UploadUrl, inputs.CheckUrl])
def test_urls__safe_ones(kind: Kind, text: str) -> None:
    assert parse(kind, text) == Url.parse(text.strip())


def test_check_url__may_have_user_info() -> None:
    assert parse(inputs.CheckUrl, "https://me:x@index.example/").user_info.user == "me"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://index.example/", "on this machine only"),
        ("http://10.0.0.1/", "on this machine only"),
        ("ftp://localhost/", "must start with `https://`"),
        ("https://index.example/?a=b", "query"),
        ("https://index.example/#a", "fragment"),
        ("pypi", "must start with `https://`"),
    ],
)
@pytest.mark.parametrize("kind", [inputs.UploadUrl, inputs.CheckUrl])
def test_urls__others(kind: Kind, text: str, why: str) -> None:
    assert why in refuse(kind, text)


@pytest.mark.parametrize(
    "text", ["https://me:x@index.example/", "https://me@index.example/", "https://:@index.example/"]
)
def test_upload_url__must_not_have_user_info(text: str) -> None:
    assert "`user` and `password`" in refuse(inputs.UploadUrl, text)


@pytest.mark.parametrize(
    ("text", "expected"), [("a", ("a",)), ("a\n\n b \r\nc d\n", ("a", "b", "c d")), ("a*,b", ("a*,b",))]
)
def test_lines__one_per_line(text: str, expected: tuple[str, ...]) -> None:
    assert parse(inputs.Lines, text) == expected


@pytest.mark.parametrize("text", ["1.2.3", "v1.2.3", "refs/tags/v1.2.3", " 1.2.3.0\n", "V1.2.3"])
def test_expected_version__as_a_tag_says_it(text: str) -> None:
    assert parse(inputs.ExpectedVersion, text) == Version("1.2.3")


@pytest.mark.parametrize("text", ["latest", "refs/heads/1.2.3", "release-1.2.3", "refs/tags/", "1" * 5000])
def test_expected_version__no_version(text: str) -> None:
    assert "not a version (PEP 440)" in refuse(inputs.ExpectedVersion, text)


def test_expected_projects__normalized() -> None:
    assert parse(inputs.ExpectedProjects, "My_Project\nmy.project\n\nother") == {"my-project", "other"}


@pytest.mark.parametrize("text", ["a b", "a, b", "-a", "ü"])
def test_expected_projects__no_names(text: str) -> None:
    assert "one per line" in refuse(inputs.ExpectedProjects, text)
