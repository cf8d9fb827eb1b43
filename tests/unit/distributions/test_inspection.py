import pytest

from publisher.distributions.inspection import find_obfuscator, is_escaping, is_source


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"__pyarmor__(__name__, __file__, b'x')", "PyArmor"),
        (b"__pyarmor__(__name__,__file__, b'x')", ""),
        (b"text of '__pyarmor_enter__'", "PyArmor"),
        (b"__pyarmor_enter_12345__(b'x')", ""),
        (b"---BEGIN PYE FILE---\nx\n---END PYE FILE---", "SourceDefender"),
        (b"---END PYE FILE---", ""),
        (b"from pyarmor_runtime import __pyarmor__", ""),
        (b"", ""),
    ],
)
def test_find_obfuscator__by_its_traces(source: bytes, name: str) -> None:
    assert find_obfuscator(source) == name


def test_is_source__python_alone() -> None:
    sources = ["a.py", "a.PYE", ".b.Py"]
    assert [path for path in (*sources, "a.pyc", "py", "a/.py", "a.txt") if is_source(path)] == sources


def test_is_escaping__only_what_leads_out() -> None:
    outside = ["/etc/x", "\\x", "C:/x", "../x", "a/../../x", "a\\..\\..\\x"]
    assert [path for path in (*outside, "x", "a/../x", "./x", "a/..b/x", "...") if is_escaping(path)] == outside
