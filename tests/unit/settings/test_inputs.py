from typing import Any

import pytest
from packaging.version import Version
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, create_model

from publisher.attestations.sign import AttestationMode
from publisher.network.url import Url
from publisher.settings import inputs
from publisher.settings.inputs import IndexRules, TrustedPublishing

EARLIER = "earlier step, `${GITHUB_REF_NAME"

Kind = Any  # the annotation of an input, which has no type of its own


def parse(kind: Any, text: str) -> Any:  # noqa: ANN401 -- each kind of input has its own type
    settings = ConfigDict(arbitrary_types_allowed=True)
    model: type[BaseModel] = create_model("OneInput", __config__=settings, value=(kind, ...))
    return model.model_validate({"value": text}).__dict__["value"]


def refuse(kind: Any, text: str) -> str:  # noqa: ANN401 -- as above
    with pytest.raises(ValidationError) as caught:
        parse(kind, text)
    return " ".join(caught.value.errors()[0]["ctx"]["error"].args)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        *((inputs.Flag, text, True) for text in ("true", "yes", "on", "1", "TRUE", "Yes", " on\n")),
        *((inputs.Flag, text, False) for text in ("false", "no", "off", "0", "FALSE", "oFF ")),
        (inputs.Mode, " Always ", TrustedPublishing.ALWAYS),
        (inputs.Rules, "basic", IndexRules.BASIC),
        (inputs.Attestations, "required", AttestationMode.REQUIRED),
        (inputs.Attestations, "Best-Effort", AttestationMode.BEST_EFFORT),
        (inputs.Attestations, "yes", AttestationMode.TRUE),
        (inputs.Attestations, "off", AttestationMode.FALSE),
        (inputs.Count, "1", 1),
        (inputs.Count, " 100\n", 100),
        (inputs.Seconds, "86400", 86400),
        (inputs.SecondsOrZero, "0", 0),
        (inputs.SecondsOrZero, "007", 7),
        (inputs.Secret, " pä ss ", SecretStr(" pä ss ")),
        *((inputs.User, text, text) for text in ("me", "__token__", "m e")),
        (inputs.User, '""', ""),
        (inputs.CheckUrl, "https://me:x@index.example/", Url.parse("https://me:x@index.example/")),
        (inputs.Lines, "a", ("a",)),
        (inputs.Lines, "a\n\n b \r\nc d\n", ("a", "b", "c d")),
        (inputs.Lines, "a*,b", ("a*,b",)),
        *(
            (inputs.ExpectedVersion, text, Version("1.2.3"))
            for text in ("1.2.3", "v1.2.3", "refs/tags/v1.2.3", " 1.2.3.0\n", "V1.2.3")
        ),
        (inputs.ExpectedProjects, "My_Project\nmy.project\n\nother", {"my-project", "other"}),
    ],
)
def test_input__accepted(kind: Kind, text: str, expected: object) -> None:
    assert parse(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        *(
            (inputs.Flag, text, "Allowed: `true`, `yes`, `on`, `1`, `false`, `no`, `off`, `0`")
            for text in ("y", "2", "enabled", "true false", "\u0661")
        ),
        (inputs.Mode, "maybe", "is not valid Allowed: `automatic`, `always`, `never`."),
        (inputs.Rules, "maybe", "is not valid Allowed: `auto`, `pypi`, `basic`."),
        (inputs.Attestations, "maybe", "is not valid Allowed: `true`, `required`, `best-effort`, `false`."),
        *((inputs.Secret, text, "control character") for text in ("x\n", "\rx", "a\x00b", "\ud800", "a\u2028b")),
        *((inputs.User, text, "colon or a control character") for text in ("a:b", "a\nb")),
        *(
            (inputs.UploadUrl, f"https://{user_info}@index.example/", "`user` and `password`")
            for user_info in ("me:x", "me", ":")
        ),
        (inputs.UploadUrl, "https://pypi.org/project/x/", "PyPI's is `https://upload.pypi.org/legacy/`"),
        (inputs.UploadUrl, "https://test.pypi.org/simple/", "that is `https://test.pypi.org/legacy/`"),
        (inputs.UploadUrl, "https://index.example/root/+simple/", "Simple API"),
        *(
            (inputs.ExpectedVersion, text, "is not a version")
            for text in ("latest", "refs/heads/1.2.3", "release-1.2.3", "refs/tags/", "1" * 5000)
        ),
        *((inputs.ExpectedVersion, text, "`1.2.3` or `v1.2.3`") for text in ("main", "refs/heads/main", "1.2.3-demo")),
        *(
            (inputs.ExpectedVersion, f"{tags}{prefix}v1.2.0", f"only `v1.2.0`: in an {EARLIER}##*{prefix[-1]}}}`")
            for prefix in ("demo-", "my_demo/", "packages/demo@", "demo-2-x_")
            for tags in ("", "refs/tags/")
        ),
        *((inputs.ExpectedVersion, text, "or `v1.2.3`") for text in ("issue-12", "demo-1.0-rc1", "1.0-x")),
        *((inputs.ExpectedProjects, text, "one per line") for text in ("a b", "a, b", "-a", "ü")),
    ],
)
def test_input__rejected(kind: Kind, text: str, why: str) -> None:
    assert why in refuse(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((inputs.Count, text) for text in ("0", "101", "-1", "+1", "1.0", "1e1", "\u0663", "\u00b2", "0x1")),
        (inputs.Seconds, "86401"),
        (inputs.Seconds, "1" * 10_000),
        (inputs.SecondsOrZero, "1000000000"),
    ],
)
def test_counts__rejected(kind: Kind, text: str) -> None:
    assert refuse(kind, text).startswith("is not valid Allowed: whole numbers from ")


@pytest.mark.parametrize(
    "text",
    [
        *("https://index.example/x/", " https://index.example/x/\n", "http://devpi:3141/x/", "http://my-index_2/x/"),
        *("http://127.0.0.1:8080/x/", "http://[::1]/x/", "http://localhost/x/"),
    ],
)
@pytest.mark.parametrize("kind", [inputs.UploadUrl, inputs.CheckUrl])
def test_urls__allowed(kind: Kind, text: str) -> None:
    assert parse(kind, text) == Url.parse(text.strip())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://index.example/", "a host name without a dot"),
        ("http://devpi./", "a host name without a dot"),
        ("http://10.0.0.1/", "a loopback host"),
        ("http://167772161/", "a loopback host"),
        ("http://0x0a000001/", "a loopback host"),
        ("http://[fd00::1]/", "a loopback host"),
        ("ftp://localhost/", "must start with `https://`"),
        ("https://index.example/?a=b", "query"),
        ("https://index.example/#a", "fragment"),
        ("pypi", "must start with `https://`"),
        ("index.example/legacy/", "must start with `https://`"),
    ],
)
@pytest.mark.parametrize("kind", [inputs.UploadUrl, inputs.CheckUrl])
def test_urls__rejected(kind: Kind, text: str, why: str) -> None:
    assert why in refuse(kind, text)
