from email.message import Message

import pytest

from scripts.licenses import find_license, is_allowed, main


@pytest.mark.parametrize(
    ("fields", "found", "allowed"),
    [
        ({"License-Expression": "MIT OR GPL-3.0-only", "License": "other"}, "MIT OR GPL-3.0-only", True),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, "MIT AND GPL-3.0-only", False),
        ({"Classifier": "License :: OSI Approved :: MIT License", "License": "long text"}, "MIT License", True),
        ({"Classifier": "License :: Public Domain"}, "Public Domain", False),
        ({"Classifier": "Topic :: Utilities", "License": "BSD-3-Clause"}, "BSD-3-Clause", True),
        ({}, "", False),
    ],
)
def test_find_license(fields: dict[str, str], found: str, allowed: bool) -> None:
    package = Message()
    for name, value in fields.items():
        package[name] = value
    assert (find_license(package), is_allowed(found)) == (found, allowed)  # type: ignore[arg-type]


def test_licenses__of_the_lock_are_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0, capsys.readouterr().out
