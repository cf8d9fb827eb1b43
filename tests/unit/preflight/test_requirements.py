import pytest

from publisher.preflight.rules.requirements import parse_requirement

LONG = "1" * 5000


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Py_Six (<2,>=1)", "py-six>=1,<2", True),
        ("a ; extra == 'b'", 'a; extra == "b"', True),
        ("a[B_c]", "a[b-c]", True),
        ("a>=1", "a>1", False),
        (f"a=={LONG}", f"a=={LONG}", True),
        (f"a=={LONG}", "a", False),
        ("((", "((", True),
    ],
)
def test_parse_requirement__in_any_spelling(one: str, other: str, is_same: bool) -> None:
    assert (parse_requirement(one) == parse_requirement(other)) is is_same
