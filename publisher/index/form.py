"""The upload form: all metadata as written in the file, under the names that indexes expect."""

from __future__ import annotations

from publisher.distributions.metadata import form_fields
from publisher.distributions.model import Distribution

Form = dict[str, list[bytes]]  # bytes, because a value that is not UTF-8 is sent as it was written
# Core metadata fields whose form field is not simply their name with underscores. PyPI ignores any other name, so the
# list is exact: `platform`, `supported_platform`, `license_file`, `import_name`, and `import_namespace` are singular.
FORM_NAMES = {"classifier": "classifiers", "project-url": "project_urls"}


def build_form(distribution: Distribution, attestations: str | None = None) -> Form:
    """Build the text fields of an upload, with a JSON array of attestations (PEP 740); the index judges all fields."""
    fields = [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", str(distribution.kind)),
        ("pyversion", distribution.python_tag),
        ("sha256_digest", distribution.digests.sha256),
        ("blake2_256_digest", distribution.digests.blake2b_256),
    ]
    for header, value in form_fields(distribution.metadata):
        name = header.lower()
        fields.append((FORM_NAMES.get(name, name.replace("-", "_")), value))
    if attestations is not None:
        fields.append(("attestations", attestations))
    form: Form = {}
    for name, value in fields:
        form.setdefault(name, []).append(value.encode("utf-8", "surrogateescape"))
    # GitLab's index refuses a form without this field, although it may be empty.
    form.setdefault("requires_python", [b""])
    return form
