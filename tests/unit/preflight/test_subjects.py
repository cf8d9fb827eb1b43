"""The values that rules look at, where one example per rule does not say enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.distributions.metadata import parse_metadata
from publisher.preflight.fields import FIELDS, spell
from publisher.preflight.finding import Severity
from publisher.preflight.rules.contacts import find_address, is_url
from publisher.preflight.rules.description import parse_type
from publisher.preflight.rules.published import find_version
from publisher.preflight.rules.requirements import PARSED_LIMIT
from publisher.preflight.rules.wheel import ENTRY_POINT_LINES_LIMIT
from publisher.preflight.sent import parse_version, see
from tests.builders import build_metadata, build_sdist, build_wheel
from tests.unit.preflight.reading import find, read_plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ("Ada Lovelace <ada>", "ada"),
        ("ada", "ada"),
        ("ada lovelace@example.com", "ada lovelace@example.com"),
        ("ada@", ""),
        ("Ada Lovelace", "Ada"),
        ("Ada <ada@example.com>, Charles <c>", ""),
        ("a@b; c@d", ""),
        ("ada@home <ada@example.com>", ""),
        ('"Ada, Countess" <ada@example.com>', "ada@example.com"),
        ("ada (Countess) <ada>", "ada"),
        ("ada@example.com (Countess of Lovelace)", "ada@example.com"),
        ("ada (Countess", ""),
        ("ada) Countess (of", ""),
        ("Ada <ada@[127.0.0.1]>", ""),
        ("(" * 500 + ")" * 500, ""),
        ("", ""),
    ],
)
def test_find_address__only_where_there_is_one(field: str, address: str) -> None:
    assert find_address(field) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "HTTPS://x",
        "https://[::1]:8080/",
        "https:///x",
        "https://h/a b?c=100%",
        "https://u:p@h:/",
        "https://h:port/",
        "https://a@b@c/",
        "https://[::1",
        "https://a b/",
        f"https://h/{'a' * 100_000}",
    ],
)
def test_is_url__what_the_index_links_to(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "to be said",
        "/docs",
        "git@example.com:a/b",
        "ftp://h/x",
        "https://h:65536/",
        "https://h/a?b=[1]",
        "https://h/[a",
    ],
)
def test_is_url__what_it_refuses(url: str) -> None:
    assert not is_url(url)


@pytest.mark.parametrize(
    ("rule", "fields", "says"),
    [
        ("contacts-url", [("Project-URL", "Chat, irc.example.com")], "irc.example.com"),
        ("contacts-project-url", [("Project-URL", ", https://h")], "no label"),
        ("contacts-project-url", [("Project-URL", "Home: https://h")], "no URL"),
        ("contacts-project-url", [("Project-URL", "A, https://h"), ("Project-URL", "A , https://i")], "2 project URLs"),
        ("description-type", [("Description-Content-Type", "text/x-markdown")], "`text/x-markdown` is none of"),
        ("metadata-name-invalid", [("Name", "UNKNOWN")], "placeholder"),
        ("metadata-summary", [("Summary", "a\n b")], "2 lines"),
        ("metadata-name-invalid", [("Name", "sample ")], "`sample `"),
        ("metadata-version-unknown", [("Metadata-Version", "2.4 ")], "`2.4 `"),
        ("metadata-dynamic", [("Dynamic", "Version")], "may not be dynamic"),
        ("metadata-dynamic", [("Metadata-Version", "2.2"), ("Dynamic", "Dynamic")], "may not be dynamic"),
        ("classifiers-unknown", [("Classifier", "UNKNOWN"), ("Classifier", "Topic :: Utilities")], "`UNKNOWN`"),
        ("metadata-dynamic", [("Metadata-Version", "2.9"), ("Dynamic", "New")], "`New`"),
        (
            "requirements-import-name",
            [("Metadata-Version", "2.5"), ("Import-Name", "a; public")],
            "other than `private`",
        ),
        (
            "requirements-import-name",
            [("Metadata-Version", "2.5"), ("Import-Name", "." * 10)],
            "`` is not an identifier",
        ),
        ("requirements-invalid", [("Requires-Dist", f"a; {'(' * 10_000}")], "nested too deeply"),
        ("metadata-version-invalid", [("Version", "1" * 5000)], "is not a version"),
        ("metadata-version-unknown", [("Metadata-Version", f"2.{'1' * 5000}")], "There is no metadata version"),
        ("requirements-invalid", [("Provides-Dist", "virtual (1.0)")], "`Provides-Dist: virtual (1.0)`"),
    ],
)
def test_rules__further_ways_to_be_wrong(rule: str, fields: list[tuple[str, str]], says: str, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=fields, filename="sample-1.0-py3-none-any.whl")
    (finding,) = find(rule, read_plan(tmp_path))
    assert says in finding.message


def test_platform_tags__a_doubt_for_what_may_have_been_added(tmp_path: Path) -> None:
    build_wheel(tmp_path, tag="cp314-cp314-macosx_27_0_arm64")
    (finding,) = find("platform-tags-refused", read_plan(tmp_path))
    assert (finding.severity, finding.may_be_refused) == (Severity.WARNING, True)
    assert "`macosx_27_0_arm64`" in finding.message


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ("2.6", Severity.WARNING),
        ("3.0", Severity.WARNING),
        ("2.6.0", Severity.ERROR),
        ("1!2.1", Severity.ERROR),
        ("2.6rc1", Severity.ERROR),
    ],
)
def test_metadata_version__what_cannot_come_is_no_doubt(version: str, severity: Severity, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Metadata-Version", version)])
    (finding,) = find("metadata-version-unknown", read_plan(tmp_path))
    assert finding.severity is severity


@pytest.mark.parametrize("address", ["ada.l+x@mail.example.com", "josé@example.museum", f"{'a' * 60}@example.com"])
def test_contacts__good_addresses_plain_and_not(address: str, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Author-email", address)])
    assert find("contacts-email", read_plan(tmp_path)) == []


@pytest.mark.parametrize("tag", ["3-none-any", "py3-none", "x", "-".join([".".join("abcdefghijkl") * 90] * 3)])
def test_tags__that_cannot_be_are_others(tag: str, tmp_path: Path) -> None:
    build_wheel(tmp_path, files={"sample-1.0.dist-info/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n"})
    (finding,) = find("wheel-tags", read_plan(tmp_path))
    assert "other tags" in finding.message


def test_size__above_the_usual_limit_is_a_doubt(tmp_path: Path) -> None:
    build_wheel(tmp_path, size=(100 << 20) + 1)
    (finding,) = find("size-file", read_plan(tmp_path))
    assert (finding.severity, finding.may_be_refused) == (Severity.WARNING, True)


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ("New-License-1.0", Severity.WARNING),
        ("MIT OR LicenseRef-", Severity.WARNING),
        ("MIT OR LicenseRef-x+", Severity.WARNING),
        ("(MIT) WITH Classpath-exception-2.0", Severity.WARNING),
        ("MIT WITH (MIT)", Severity.WARNING),
        ("MIT with Bison-exception-2.2 with Bison-exception-2.2", Severity.WARNING),
        ("MIT OR (Apache-2.0 WITH)", Severity.ERROR),
        ("MIT OR LicenseRef-a_b", Severity.ERROR),
        ("Apache-2", Severity.ERROR),
        ("Proprietary", Severity.ERROR),
    ],
)
def test_license__what_may_be_a_new_identifier_is_a_doubt(expression: str, severity: Severity, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("License-Expression", expression)])
    (finding,) = find("license-expression", read_plan(tmp_path))
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("address", "severity"),
    [("ada@1.\u05d0\u05d1.com", Severity.WARNING), ("ada@-\u05d0.com", Severity.ERROR), ("ada@b..com", Severity.ERROR)],
)
def test_email__what_only_newer_rules_for_domains_refuse_is_a_doubt(
    address: str, severity: Severity, tmp_path: Path
) -> None:
    build_wheel(tmp_path, metadata=[("Author-email", address)])
    (finding,) = find("contacts-email", read_plan(tmp_path))
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("../LICENSE", "`..`"),
        ("LICEN*", "pattern"),
        ("/LICENSE", "relative"),
        ("C:/LICENSE", "relative"),
        ("./L", "`L`"),
    ],
)
def test_license__paths_that_cannot_be(path: str, says: str, tmp_path: Path) -> None:
    build_sdist(tmp_path, metadata=[("License-File", path)])
    (finding,) = find("license-file-path", read_plan(tmp_path))
    assert says in finding.message


def test_entry_points__each_way_to_be_wrong(tmp_path: Path) -> None:
    for name, text in {"one": b"\xff\xfe", "two": b"a = b:c\n", "three": b"[console_scripts]\nword\n"}.items():
        build_wheel(tmp_path, name, files={f"{name}-1.0.dist-info/entry_points.txt": text})
    assert len(find("wheel-entry-points", read_plan(tmp_path))) == 3


@pytest.mark.parametrize(("count", "is_found"), [(PARSED_LIMIT - 1, True), (PARSED_LIMIT, False)])
def test_requirements__more_than_are_parsed_are_left_alone(count: int, is_found: bool, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[*[("Requires-Dist", "a~=1.0")] * count, ("Requires-Dist", "a^1")])
    assert bool(find("requirements-invalid", read_plan(tmp_path))) is is_found


def test_entry_points__more_lines_than_are_parsed_are_left_alone(tmp_path: Path) -> None:
    text = "[a]\n" + "=\n" * ENTRY_POINT_LINES_LIMIT
    build_wheel(tmp_path, files={"sample-1.0.dist-info/entry_points.txt": text})
    assert not find("wheel-entry-points", read_plan(tmp_path))


def test_entry_points__usual_ones_are_taken(tmp_path: Path) -> None:
    build_wheel(tmp_path, files={"sample-1.0.dist-info/entry_points.txt": "[console_scripts]\na = b:c\n"})
    assert not find("wheel-entry-points", read_plan(tmp_path))


def test_see__placeholders_and_empty_values_count_as_absent() -> None:
    sent = see(
        parse_metadata(
            build_metadata(
                metadata=[
                    *[("Author", "UNKNOWN"), ("Summary", ""), ("Platform", ""), ("Platform", "x")],
                    *[("Requires", "x"), ("Requires", "UNKNOWN"), ("Provides", "UNKNOWN"), ("Provides", "x")],
                ]
            )
        )
    )
    assert sent.all("requires") == ()
    assert sent.all("provides") == ("UNKNOWN", "x")
    assert sent.all("author") == sent.all("summary") == ()
    assert sent.all("platform") == ("", "x")
    assert sent.metadata_version == Version("2.4")


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("a-1.0.tar.gz", "1.0"),
        ("a-1.0.0-py3-none-any.whl", "1"),
        ("a-1.0.zip", "1.0"),
        ("a-1.0.egg", None),
        ("a.whl", None),
    ],
)
def test_find_version__in_names_of_all_times(filename: str, version: str | None) -> None:
    assert find_version(filename) == (version and Version(version))


def test_fields__spelled_as_in_the_specification() -> None:
    assert [spell(name) for name in ("author-email", "requires-dist", "project-url")] == [
        "Author-email",
        "Requires-Dist",
        "Project-URL",
    ]
    assert all(spell(name).lower() == name for name in FIELDS)


@given(st.text())
def test_values__no_text_is_too_odd(text: str) -> None:
    find_address(text)
    is_url(text)
    parse_type(text)
    parse_version(text)
    find_version(text)
