from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.index.upload import build_form as build_encoded_form
from tests.values import SDIST, WHEEL, build_distribution

if TYPE_CHECKING:
    from publisher.distributions.model import Distribution


def build_form(distribution: Distribution, attestations: str | None = None) -> list[tuple[str, str]]:
    form = build_encoded_form(distribution, attestations)
    return [(name, value.decode()) for name, values in form.items() for value in values]


def test_build_form__what_the_index_needs() -> None:
    wheel = build_distribution(WHEEL)
    assert build_form(wheel) == [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", "bdist_wheel"),
        ("pyversion", "py3"),
        ("sha256_digest", wheel.digests.sha256),
        ("blake2_256_digest", wheel.digests.blake2b_256),
        ("metadata_version", "2.4"),
        ("name", "sample"),
        ("version", "1.0"),
        ("requires_python", ""),
    ]


def test_build_form__an_sdist() -> None:
    form = dict(build_form(build_distribution(SDIST)))
    assert (form["filetype"], form["pyversion"]) == ("sdist", "source")


def test_build_form__every_field_under_the_index_s_name_and_in_order() -> None:
    metadata = [
        ("Requires-Python", ">=3.11"),
        ("Classifier", "A"),
        ("CLASSIFIER", "B"),
        ("Project-URL", "Home, https://sample.example/"),
        ("Platform", "any"),
        ("Provides-Extra", "x"),
        ("Author-email", "me@sample.example"),
        ("License-File", "LICENSE"),
        ("Brand-New-Field", "new"),
    ]
    form = build_form(build_distribution(metadata=metadata))
    assert form[9:] == [
        ("requires_python", ">=3.11"),
        ("classifiers", "A"),
        ("classifiers", "B"),
        ("project_urls", "Home, https://sample.example/"),
        ("platform", "any"),
        ("provides_extra", "x"),
        ("author_email", "me@sample.example"),
        ("license_file", "LICENSE"),
        ("brand_new_field", "new"),
    ]


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        ("1.2", False),
        ("2.1", False),
        ("2.3", False),
        ("2.4", True),
        ("2.10", True),
        ("odd", True),
        ("2." + "1" * 5000, True),
    ],
)
def test_build_form__license_file_since_its_metadata_version(version: str, sent: bool) -> None:
    metadata = [("Metadata-Version", version), ("License-File", "LICENSE"), ("License", "MIT")]
    form = dict(build_form(build_distribution(metadata=metadata)))
    assert ("license_file" in form) is sent
    assert form["license"] == "MIT"


def test_build_form__attestations() -> None:
    assert ("attestations", '[{"version": 1}]') in build_form(build_distribution(), '[{"version": 1}]')
