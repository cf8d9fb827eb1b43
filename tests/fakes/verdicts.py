"""The checks of an upload, in the order of the real index, which validates metadata with `packaging` as well."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from packaging.metadata import Metadata, RawMetadata
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from tests.fakes.service import Seen

SIZE_LIMIT = 100 * 1024 * 1024
SUMMARY_LIMIT = 512
ATTESTATION_LIMIT = 2

_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_HASHES: dict[str, Callable[[bytes], Any]] = {
    "md5_digest": partial(hashlib.md5, usedforsecurity=False),
    "sha256_digest": hashlib.sha256,
    "blake2_256_digest": partial(hashlib.blake2b, digest_size=32),
}
_VALIDATED = ("metadata_version", "name", "version", "summary", "description_content_type", "license_expression")
_PLATFORM = re.compile(r"any|win32|win_(amd64|arm64)|(many|musl)linux\w+|macosx_\d+_\d+_\w+|linux_armv[67]l")


class Refusal(Exception):
    """The index refuses the upload, with this message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def _require(*checks: tuple[object, str]) -> None:
    """Raise `Refusal` with the message of the first check that does not hold."""
    for holds, message in checks:
        if not holds:
            raise Refusal(400, message)


def check_form(seen: Seen) -> None:
    """Check the fields that identify the upload; raise `Refusal`."""
    name, filetype, pyversion = (seen.value(field) or "" for field in ("name", "filetype", "pyversion"))
    has_python = pyversion in {"", "source"} if filetype == "sdist" else pyversion
    _require(
        (seen.value("protocol_version") in {None, "1"}, "Unknown protocol version."),
        (
            _NAME.fullmatch(name),
            f"'{name}' is an invalid value for Name. Error: Start and end with a letter or numeral.",
        ),
        (filetype in {"bdist_wheel", "sdist"}, "Invalid value for filetype. Error: Use a known file type."),
        (has_python, "Error: Use 'source' as Python version for an sdist, and any for a wheel."),
        (any(map(seen.value, _HASHES)), "Error: Include at least one message digest."),
    )


def check_metadata(seen: Seen) -> Version:
    """Check the metadata in part and return the version; raise `Refusal`."""
    raw = {field: value for field in _VALIDATED if (value := seen.value(field))}
    try:
        metadata = Metadata.from_raw(cast("RawMetadata", raw | {"requires_dist": seen.values("requires_dist")}))
    except ExceptionGroup as group:
        raise Refusal(400, f"{group.exceptions[0]}.") from group
    version, summary = metadata.version, seen.value("summary") or ""
    _require(
        (not version.local, f"The use of local versions in '{version}' is not allowed."),
        (len(summary) <= SUMMARY_LIMIT, f"'summary' field must be {SUMMARY_LIMIT} characters or less."),
        *((not each.url, f"Can't have direct dependency: {each}") for each in metadata.requires_dist or ()),
    )
    return version


def check_filename(filename: str, project: str, version: Version) -> None:
    """Check a file name against the normalized project and version; raise `Refusal`."""
    platforms: set[str] = set()
    try:
        if filename.endswith(".whl"):
            found, of_version, _, tags = parse_wheel_filename(filename)
            platforms = {tag.platform for tag in tags}
        else:
            found, of_version = parse_sdist_filename(filename)
    except (InvalidSdistFilename, InvalidWheelFilename) as error:
        raise Refusal(400, f"Invalid filename: {filename}") from error
    start = project.replace("-", "_")
    is_normalized = filename.endswith(".whl") or filename == f"{start}-{version}.tar.gz"
    _require(
        (found == project and filename.startswith(f"{start}-"), f"Start filename for '{project}' with '{start}'."),
        (of_version == version, f"Version in filename should be '{version}' not '{of_version}'."),
        (is_normalized, f"Filename '{filename}' is invalid, should be '{start}-{version}.tar.gz'."),
        *(
            (_PLATFORM.fullmatch(each), f"Binary wheel '{filename}' has an unsupported platform tag '{each}'.")
            for each in sorted(platforms)
        ),
    )


def check_content(seen: Seen) -> None:
    """Check size and digests of the file; raise `Refusal`."""
    given = {compute: value.lower() for field, compute in _HASHES.items() if (value := seen.value(field))}
    is_same = all(compute(seen.body).hexdigest() == value for compute, value in given.items())
    _require(
        (len(seen.body) <= SIZE_LIMIT, f"File too large. Limit for project '{seen.value('name')}' is 100 MB."),
        (is_same, "The digest supplied does not match a digest calculated from the uploaded file."),
    )


def check_attestations(seen: Seen, *, trusted: bool) -> None:
    """Check the attestations of the file without verifying them; raise `Refusal`."""
    text = seen.value("attestations")
    if text is None:
        return
    attestations, start = json.loads(text), "Invalid attestations supplied during upload:"
    _require(
        (trusted, f"{start} Attestations are only supported when using Trusted Publishing"),
        (attestations, f"{start} Malformed attestations: an empty attestation set is not permitted"),
        (len(attestations) <= ATTESTATION_LIMIT, f"{start} A maximum of 2 attestations per file are supported"),
    )
