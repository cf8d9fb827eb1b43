from __future__ import annotations

import pytest
from pydantic import SecretStr

from publisher.identity.tokens import RENEWAL_MARGIN, IdToken, UploadToken
from tests.values import NOW


@pytest.mark.parametrize(
    ("lifetime", "age", "fresh"),
    [
        (3600, 0, True),
        (3600, 3600 - RENEWAL_MARGIN - 1, True),
        (3600, 3600 - RENEWAL_MARGIN, False),
        (900, 599, True),
        (900, 600, False),
        (30, 19, True),
        (30, 20, False),
        (0, 0, False),
        (-900, 0, False),
    ],
)
def test_is_fresh__until_its_margin(lifetime: float, age: float, fresh: bool) -> None:
    assert UploadToken(SecretStr("x"), NOW, NOW + lifetime).is_fresh(NOW + age) is fresh


def test_tokens__do_not_show_themselves() -> None:
    secret = SecretStr("canary-4711")
    assert "canary" not in f"{IdToken(secret, {})!r}{UploadToken(secret, NOW, NOW)!r}{IdToken(secret, {})}"
