import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.report.harmless import code, neutralize, prose
from publisher.report.masking import Masker
from publisher.report.messages.message import quote_line

SECRET = 'canary-5f/+? "é-token'


def masker_of(*values: str) -> Masker:
    masker = Masker()
    for value in values:
        masker.add(SecretStr(value))
    return masker


def test_scrub__replaces_every_occurrence() -> None:
    assert masker_of(SECRET).scrub(f"a{SECRET}b {SECRET}") == "a***b ***"
    assert masker_of("canary", "canary-long").scrub("canary-long canary") == "*** ***"
    assert masker_of("first line\nsecond line").scrub("[first line] [second line]") == "[***] [***]"
    assert masker_of("*" * 40).scrub("*" * 39) == "***"
    assert masker_of("", " ", "\n").scrub("a b") == "a b"
    text = f"{quote(SECRET, safe='')} {json.dumps(SECRET)} {json.dumps(SECRET, ensure_ascii=False)}"
    assert masker_of(SECRET).scrub(text) == '*** "***" "***"'


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


@pytest.mark.parametrize(
    "secret", ["pypi-AgEI_c_Hl", "a|b<c>d&e", "x@y#z", "us:er", "##[error]", "::add-mask::x", "two  blanks"]
)
def test_scrub__replaces_what_rendering_makes_of_a_secret(secret: str) -> None:
    said = quote_line(f"no such token {secret} here")
    masker = masker_of(secret)
    for text in (said, neutralize(secret), prose(said), code(said), prose(quote_line(secret))):
        scrubbed = html.unescape(masker.scrub(text)).replace("<!-- -->", "")
        assert "***" in scrubbed
        assert secret not in scrubbed
        assert neutralize(secret) not in scrubbed


@pytest.mark.parametrize("left", [16, 17, 100, 1500])
def test_scrub__replaces_what_is_left_of_a_secret_that_was_cut_off(left: int) -> None:
    secret = "".join(chr(ord("a") + number % 26) for number in range(1000)) + "_" * 1000
    masker = masker_of(secret)
    assert masker.scrub(f"no: {secret[:left]}… and {secret[:left]}") == "no: ***… and ***"
    assert masker.scrub(prose(f"no: {secret[:left]}…")) == "no: ***…"


def test_scrub__replaces_what_html_makes_of_a_secret() -> None:
    assert masker_of("a\"b'c<d>&e").scrub("a&quot;b&#x27;c&lt;d&gt;&amp;e a\"b'c&lt;d&gt;&amp;e") == "*** ***"


def test_add__only_once() -> None:
    masker = Masker()
    assert masker.add(SecretStr(SECRET))
    assert not masker.add(SecretStr(SECRET))
