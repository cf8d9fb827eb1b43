from __future__ import annotations

import base64
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.report.masker import Masker

SECRET = "canary-5f/+? é-token"


def masker_of(*values: str) -> Masker:
    masker = Masker()
    for value in values:
        masker.add(SecretStr(value))
    return masker


def test_scrub__without_secrets_changes_nothing() -> None:
    assert Masker().scrub("anything") == "anything"


def test_scrub__replaces_the_value_wherever_it_stands() -> None:
    assert masker_of(SECRET).scrub(f"a{SECRET}b {SECRET}") == "a***b ***"


def test_scrub__replaces_url_and_json_forms() -> None:
    text = f"{quote(SECRET, safe='')} {json.dumps(SECRET)}"
    assert masker_of(SECRET).scrub(text) == '*** "***"'


@given(st.text("abc:", max_size=7), st.text("xyz", max_size=7))
def test_scrub__replaces_base64_at_every_alignment(before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}{SECRET}{after}".encode()).decode()
    scrubbed = masker_of(SECRET).scrub(encoded)
    assert "***" in scrubbed
    # What may remain are the mixed groups at both ends, of which each holds at most two of the secret's bytes.
    inside = base64.b64encode(SECRET.encode()).decode()
    assert not any(inside[start : start + 8] in scrubbed for start in range(len(inside) - 8))


def test_scrub__leaves_nothing_of_a_secret_at_the_end_of_base64() -> None:
    encoded = base64.b64encode(f"__token__:{SECRET}".encode()).decode()
    assert masker_of(SECRET).scrub(encoded).endswith("***")


def test_scrub__replaces_the_longer_of_two_secrets_whole() -> None:
    assert masker_of("canary", "canary-long").scrub("canary-long canary") == "*** ***"


def test_scrub__replaces_every_line_of_a_value() -> None:
    assert masker_of("first line\nsecond line").scrub("[first line] [second line]") == "[***] [***]"


def test_scrub__of_a_blank_secret_changes_nothing() -> None:
    assert masker_of("", " ", "\n").scrub("a b") == "a b"


def test_repr__holds_no_secret() -> None:
    assert SECRET not in repr(masker_of(SECRET))
