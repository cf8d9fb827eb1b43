"""The checks of an upload, in the order of the real index."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from tests.fakes.service import Seen

SIZE_LIMIT = 100 * 1024 * 1024
SUMMARY_LIMIT = 512
ATTESTATION_LIMIT = 2
METADATA_VERSIONS = frozenset({"1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"})

_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_HASHES: dict[str, Callable[[bytes], Any]] = {
    "md5_digest": partial(hashlib.md5, usedforsecurity=False),
    "sha256_digest": hashlib.sha256,
    "blake2_256_digest": partial(hashlib.blake2b, digest_size=32),
}
_DESCRIPTION_TYPES = frozenset({"text/plain", "text/x-rst", "text/markdown"})
_PLATFORM = re.compile(r"any|win32|win_(amd64|arm64)|(many|musl)linux\w+|macosx_\d+_\d+_\w+|linux_armv[67]l")


class Refusal(Exception):
    """The index refuses the upload, with this message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def check_form(seen: Seen) -> None:
    """Check the fields that identify the upload; raise `Refusal`."""
    if seen.value("protocol_version") not in {None, "1"}:
        raise Refusal(400, "Unknown protocol version.")
    name = seen.value("name") or ""
    if not _NAME.fullmatch(name):
        raise Refusal(400, f"'{name}' is an invalid value for Name. Error: Start and end with a letter or numeral.")
    filetype, pyversion = seen.value("filetype"), seen.value("pyversion")
    if filetype not in {"bdist_wheel", "sdist"}:
        problem = "Use a known file type." if filetype else "This field is required."
        raise Refusal(400, f"Invalid value for filetype. Error: {problem}")
    if filetype == "sdist" and pyversion not in {None, "source"}:
        raise Refusal(400, "Error: Use 'source' as Python version for an sdist.")
    if filetype == "bdist_wheel" and not pyversion:
        raise Refusal(400, "Error: Python version is required for binary distribution uploads.")
    _check_digest_fields(seen)


def _check_digest_fields(seen: Seen) -> None:
    given = {field: value for field in _HASHES if (value := seen.value(field))}
    if not given:
        raise Refusal(400, "Error: Include at least one message digest.")
    for field, value in given.items():
        name = field.removesuffix("_digest")
        if not re.fullmatch(rf"[0-9a-fA-F]{{{32 if name == 'md5' else 64}}}", value):
            problem = f"Use a valid, hex-encoded, {name.upper()} message digest."
            raise Refusal(400, f"Invalid value for {field}. Error: {problem}")


def check_metadata(seen: Seen) -> Version:
    """Check the metadata in part and return the version; raise `Refusal`."""
    metadata_version = seen.value("metadata_version")
    if metadata_version not in METADATA_VERSIONS:
        shown = f"'{metadata_version}'" if metadata_version else "None"
        raise Refusal(400, f"{shown} is not a valid metadata version.")
    text = seen.value("version")
    if not text:
        raise Refusal(400, "'version' is a required field.")
    try:
        version = Version(text)
    except InvalidVersion as error:
        raise Refusal(400, f"'{text}' is invalid for 'version'.") from error
    if version.local:
        raise Refusal(400, f"The use of local versions in '{text}' is not allowed.")
    _check_texts(seen)
    for requirement in seen.values("requires_dist"):
        _check_requirement(requirement)
    return version


def _check_texts(seen: Seen) -> None:
    summary = seen.value("summary") or ""
    if len(summary) > SUMMARY_LIMIT:
        raise Refusal(400, f"'summary' field must be {SUMMARY_LIMIT} characters or less.")
    if "\n" in summary:
        raise Refusal(400, "'summary' must be a single line.")
    content_type = seen.value("description_content_type")
    if content_type and content_type.partition(";")[0].strip() not in _DESCRIPTION_TYPES:
        types = sorted(_DESCRIPTION_TYPES)
        raise Refusal(400, f"'description-content-type' must be one of {types}, not '{content_type}'.")
    if seen.value("license") and seen.value("license_expression"):
        raise Refusal(400, "License is deprecated when License-Expression is present.")


def _check_requirement(text: str) -> None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise Refusal(400, f"'{text}' is invalid for 'requires-dist'.") from error
    if requirement.url:
        raise Refusal(400, f"Can't have direct dependency: {text}")


def check_filename(filename: str, project: str, version: Version) -> None:
    """Check a file name against the normalized project and version; raise `Refusal`."""
    if "/" in filename or "\\" in filename:
        raise Refusal(400, "Cannot upload a file with '/' or '\\' in the name.")
    if not filename.endswith((".whl", ".tar.gz", ".zip")):
        raise Refusal(400, f"Invalid file extension: '{filename}'.")
    start = project.replace("-", "_")
    if filename.endswith(".whl"):
        _check_wheel_filename(filename, project, version)
    else:
        try:
            found, of_version = parse_sdist_filename(filename)
        except InvalidSdistFilename as error:
            raise Refusal(400, f"Invalid source distribution filename: {filename}") from error
        if found != project:
            raise Refusal(400, f"Start filename for '{project}' with '{start}'.")
        expected = f"{start}-{version}.tar.gz"
        if filename != expected or of_version != version:
            raise Refusal(400, f"Filename '{filename}' is invalid, should be '{expected}'.")


def _check_wheel_filename(filename: str, project: str, version: Version) -> None:
    try:
        found, of_version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise Refusal(400, f"Invalid wheel filename: {filename}") from error
    start = project.replace("-", "_")
    if found != project:
        raise Refusal(400, f"Start filename for '{project}' with '{start}'.")
    if of_version != version:
        raise Refusal(400, f"Version in filename should be '{version}' not '{of_version}'.")
    if not filename.startswith(f"{start}-"):
        used = filename.partition("-")[0]
        raise Refusal(400, f"Filename '{filename}' should contain the normalized project name '{start}', not '{used}'.")
    for tag in sorted(tags, key=str):
        if not _PLATFORM.fullmatch(tag.platform):
            raise Refusal(400, f"Binary wheel '{filename}' has an unsupported platform tag '{tag.platform}'.")


def check_content(seen: Seen) -> None:
    """Check size and digests of the file; raise `Refusal`."""
    if len(seen.body) > SIZE_LIMIT:
        raise Refusal(400, f"File too large. Limit for project '{seen.value('name')}' is 100 MB.")
    for field, compute in _HASHES.items():
        given = seen.value(field)
        if given and given.lower() != compute(seen.body).hexdigest():
            raise Refusal(400, "The digest supplied does not match a digest calculated from the uploaded file.")


def check_attestations(seen: Seen, *, trusted: bool) -> None:
    """Check the attestations of the file without verifying them; raise `Refusal`."""
    text = seen.value("attestations")
    if text is None:
        return
    try:
        attestations = json.loads(text)
    except ValueError:
        attestations = None
    problem = ""
    if not trusted:
        problem = "Attestations are only supported when using Trusted Publishing"
    elif not isinstance(attestations, list) or not all(isinstance(one, dict) for one in attestations):
        problem = "Malformed attestations: 1 validation error for list[Attestation]"
    elif not attestations:
        problem = "Malformed attestations: an empty attestation set is not permitted"
    elif len(attestations) > ATTESTATION_LIMIT:
        problem = f"A maximum of {ATTESTATION_LIMIT} attestations per file are supported"
    if problem:
        raise Refusal(400, f"Invalid attestations supplied during upload: {problem}")
