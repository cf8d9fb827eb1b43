"""The upload form: every metadata field as the file has it, under the names the index gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from publisher.distributions.model import Distribution

Form = tuple[tuple[str, str], ...]
"""Names and values in the order in which they are sent; names repeat."""

FORM_NAMES = {
    "classifier": "classifiers",
    "project-url": "project_urls",
}
"""Core metadata fields, lower-case, whose form field is not just their name with underscores.

The index ignores a field under any other name without a word, so the list is exact: `platform`, `supported_platform`,
`license_file`, `import_name` and `import_namespace` really are singular although they repeat.
"""

LICENSE_FILE_SINCE = Version("2.4")


def build_form(distribution: Distribution, attestations: str | None = None) -> Form:
    """Build the text fields for one distribution; the file itself follows as `content`.

    `attestations` is the JSON array of PEP 740. Fields that we do not know are sent as well: the index decides.
    """
    form = [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", str(distribution.kind)),
        ("pyversion", distribution.python_tag),
        ("sha256_digest", distribution.digests.sha256),
        ("blake2_256_digest", distribution.digests.blake2b_256),
    ]
    with_license_files = _has_license_files(distribution.metadata.metadata_version)
    names = set()
    for header, value in distribution.metadata.fields:
        name = FORM_NAMES.get(header.lower(), header.lower().replace("-", "_"))
        if name == "license_file" and not with_license_files:
            continue
        if name == "description" and not value.strip():
            # White space is no description, but the index would try to render it, and refuse what it made of it.
            continue
        names.add(name)
        form.append((name, value))
    if "requires_python" not in names:
        # GitLab's index refuses a form without this field, although it may be empty.
        form.append(("requires_python", ""))
    if attestations is not None:
        form.append(("attestations", attestations))
    return tuple(form)


def _has_license_files(metadata_version: str) -> bool:
    """Judge whether `License-File` may be sent.

    setuptools wrote it for years into metadata whose version does not have it, and the index refuses a field that is
    newer than the metadata version.
    """
    try:
        return Version(metadata_version) >= LICENSE_FILE_SINCE
    except ValueError:  # beside InvalidVersion: a number of more digits than Python takes apart
        return True
