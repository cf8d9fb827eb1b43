from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.distributions.filename import FilenameError, find_version, is_candidate, parse_filename
from publisher.distributions.model import Kind


def test_parse_filename__wheel_and_sdist() -> None:
    name = parse_filename("sample_project-1.0.post1-2b-py2.py3-none-any.whl")
    assert (name.project, name.version, name.kind) == ("sample-project", Version("1.0.post1"), Kind.WHEEL)
    assert (name.python_tag, name.dist_info) == ("py2.py3", "sample_project-1.0.post1.dist-info")
    sdist = parse_filename("sample_project-1.0.tar.gz")
    assert (sdist.project, sdist.version, sdist.kind) == ("sample-project", Version("1.0"), Kind.SDIST)
    assert (sdist.python_tag, sdist.dist_info) == ("source", "")


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("Foo.Bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-1.01.0.tar.gz", "foo", "1.1.0"),
        ("foo-1.0+local.1.tar.gz", "foo", "1.0+local.1"),
        ("Foo.Bar-1.0-py3-none-any.whl", "foo-bar", "1.0"),
        ("foo-1.0.RC1-py3-none-any.whl", "foo", "1.0rc1"),
        *(
            (f"foo-1.0-1-{tags}.whl", "foo", "1.0")
            for tags in ("3-none-any", "py+3-none-any", "py3.-none-any", "py3-.-.")
        ),
    ],
)
def test_parse_filename__not_normalized_is_read(filename: str, project: str, version: str) -> None:
    name = parse_filename(filename)
    assert (name.project, str(name.version)) == (project, version)


DIGITS = "9" * 5000
TOO_LONG = (f"{DIGITS}.tar.gz", f"{DIGITS}-py3-none-any.whl", f"1.0-{DIGITS}-py3-none-any.whl")


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
        ("foo-1.0-py3-none-any.WHL", "lower case"),
        *((f"foo-{rest}", "a number has too many digits") for rest in TOO_LONG),
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


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("a-1.0.tar.gz", "1.0"),
        ("a-1.0.0-py3-none-any.whl", "1"),
        ("a-1.0.zip", "1.0"),
        ("a-1.0.egg", None),
        ("a.whl", None),
        (f"a-{'1' * 5000}.tar.gz", None),
        (f"a-{'1' * 5000}-py3-none-any.whl", None),
    ],
)
def test_find_version__in_names_of_all_kinds(filename: str, version: str | None) -> None:
    assert find_version(filename) == (version and Version(version))


def test_is_candidate__by_the_extension() -> None:
    candidates = ["a.whl", "a.WHL", "a.tar.gz", "a.Tar.GZ", "a.zip", ".zip"]
    foreign = ["a.whl.asc", "a.tgz", "a.tar.bz2", "a.egg", "whl", "tar.gz.txt", "README.md"]
    assert [filename for filename in candidates + foreign if is_candidate(filename)] == candidates


@given(st.text(max_size=30), st.sampled_from([".whl", "-1.0-py3-none-any.whl", ".tar.gz", "-1.tar.gz", ".zip", ""]))
def test_parse_filename__any_text_is_read_or_refused(start: str, end: str) -> None:
    with suppress(FilenameError):
        name = parse_filename(start + end)
        assert (start + end).isprintable()
        assert is_candidate(start + end)
        assert name.project
