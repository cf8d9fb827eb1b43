import pytest

from publisher.preflight.rules.contacts import find_address, is_url


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada@", ""),
        ("Ada Lovelace", "Ada"),
        ("Ada <ada@example.com>, Charles <c>", ""),
        ("ada@home <ada@example.com>", ""),
        ('"Ada, Countess" <ada@example.com>', "ada@example.com"),
        ("ada@example.com (Countess of Lovelace)", "ada@example.com"),
        ("Ada <ada@[127.0.0.1]>", ""),
        ("", ""),
    ],
)
def test_find_address__only_if_there_is_exactly_one(field: str, address: str) -> None:
    assert find_address(field) == address


USABLE = ["HTTPS://x", "https://[::1]:8080/", "https:///x", "https://h/a b?c=100%", "https://a@b@c/", "https://[::1"]
HUGE = [f"https://h:{'1' * 5000}/", f"https://h/{'a' * 100_000}"]
UNUSABLE = ["to be announced", "ftp://h/x", "https://h:65536/", "https://h/a?b=[1]", "https://h/[a"]


def test_is_url__as_the_index_sees_it() -> None:
    assert [url for url in (*USABLE, *HUGE, *UNUSABLE) if is_url(url)] == [*USABLE, *HUGE]
