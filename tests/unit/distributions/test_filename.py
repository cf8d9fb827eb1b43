from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag
from packaging.version import Version

from publisher.distributions.filename import FilenameError, SdistName, WheelName, is_candidate, parse_filename
from publisher.distributions.model import Kind


def test_parse_filename__wheel() -> None:
    name = parse_filename("sample_project-1.0.post1-2b-py2.py3-none-any.whl")
    assert isinstance(name, WheelName)
    assert (name.project, name.version, name.kind) == ("sample-project", Version("1.0.post1"), Kind.WHEEL)
    assert name.build == (2, "b")
    assert name.tags == {Tag("py2", "none", "any"), Tag("py3", "none", "any")}
    assert name.dist_info == "sample_project-1.0.post1.dist-info"


def test_parse_filename__python_tag_is_kept_as_written() -> None:
    assert parse_filename("sample-1.0-py3.py2-none-any.whl").python_tag == "py3.py2"


def test_parse_filename__sdist() -> None:
    name = parse_filename("sample_project-1.0.tar.gz")
    assert name == SdistName("sample-project", Version("1.0"))  # type: ignore[arg-type]
    assert (name.kind, name.python_tag) == (Kind.SDIST, "source")


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("Foo.Bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-1.01.0.tar.gz", "foo", "1.1.0"),
        ("foo-1.0+local.1.tar.gz", "foo", "1.0+local.1"),
        ("Foo.Bar-1.0-py3-none-any.whl", "foo-bar", "1.0"),
        ("foo-1.0.RC1-py3-none-any.whl", "foo", "1.0rc1"),
    ],
)
def test_parse_filename__not_normalized_is_read(filename: str, project: str, version: str) -> None:
    name = parse_filename(filename)
    assert (name.project, str(name.version)) == (project, version)


def test_parse_filename__dist_info_is_spelled_like_the_file_name() -> None:
    name = parse_filename("Foo.Bar-1.00-py3-none-any.whl")
    assert isinstance(name, WheelName)
    assert name.dist_info == "Foo.Bar-1.00.dist-info"


@pytest.mark.parametrize("tags", ["3-none-any", "py+3-none-any", "py3.-none-any", "py3-.-any", "py3-none-."])
def test_parse_filename__tags_that_cannot_be_parsed_are_read(tags: str) -> None:
    name = parse_filename(f"foo-1.0-1-{tags}.whl")
    assert isinstance(name, WheelName)
    assert (name.python_tag, name.tags) == (tags.partition("-")[0], frozenset())


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("foo.whl", "{name}-{version}[-{build}]-{python tag}-{abi tag}-{platform tag}.whl`: wrong number of parts"),
        ("foo-one-py3-none-any.whl", "invalid version"),
        ("foo-1.0-x-py3-none-any.whl", "invalid build number"),
        ("foo__bar-1.0-py3-none-any.whl", "invalid project name"),
        ("x.tar.gz", "`{name}-{version}.tar.gz`"),
        ("foo-latest.tar.gz", "`{name}-{version}.tar.gz`: invalid version"),
        ("-1.0.tar.gz", "empty project name"),
        ("foo-1.0.zip", "PEP 625"),
        ("foo-1.0.ZIP", "PEP 625"),
        ("foo-1.0-py3-none-any.WHL", "lower case"),
        ("foo-1.0.Tar.Gz", "lower case"),
        ("foo\n-1.0.tar.gz", r"'foo\n-1.0.tar.gz'"),
        ("foo\x1b[2J-1.0-py3-none-any.whl", r"\x1b[2J"),
        ("foo\udcff-1.0.tar.gz", r"\udcff"),
    ],
)
def test_parse_filename__look_alike_says_why(filename: str, expected: str) -> None:
    with pytest.raises(FilenameError) as caught:
        parse_filename(filename)
    assert expected in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("filename", ["a.whl", "a.WHL", "a.tar.gz", "a.Tar.GZ", "a.zip", ".zip"])
def test_is_candidate__distribution_extensions(filename: str) -> None:
    assert is_candidate(filename)


@pytest.mark.parametrize("filename", ["a.whl.asc", "a.tgz", "a.tar.bz2", "a.egg", "whl", "tar.gz.txt", "README.md"])
def test_is_candidate__foreign_extensions(filename: str) -> None:
    assert not is_candidate(filename)


@given(st.text(max_size=30), st.sampled_from([".whl", "-1.0-py3-none-any.whl", ".tar.gz", "-1.tar.gz", ".zip", ""]))
def test_parse_filename__any_text_is_read_or_refused(start: str, end: str) -> None:
    with suppress(FilenameError):
        name = parse_filename(start + end)
        assert (start + end).isprintable()
        assert is_candidate(start + end)
        assert name.project
