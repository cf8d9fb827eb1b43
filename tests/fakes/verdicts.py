"""What the index thinks of an upload, one check after the other in the order in which it makes them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from tests.fakes.form import DIGEST_FIELDS

if TYPE_CHECKING:
    from tests.fakes.form import Content, Form

SIZE_LIMIT = 100 * 1024 * 1024
SUMMARY_LIMIT = 512
ATTESTATION_LIMIT = 2
METADATA_VERSIONS = frozenset({"1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"})

_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_HEX_LENGTH = {"md5": 32, "sha256": 64, "blake2_256": 64}
_DESCRIPTION_TYPES = frozenset({"text/plain", "text/x-rst", "text/markdown"})
_PLATFORM = re.compile(r"any|win32|win_(amd64|arm64)|(many|musl)linux\w+|macosx_\d+_\d+_\w+|linux_armv[67]l")


class Refusal(Exception):
    """The index says no, in these words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def judge_form(form: Form) -> None:
    """Judge what identifies the upload; raise `Refusal`."""
    if form.value("protocol_version") not in {None, "1"}:
        raise Refusal(400, "Unknown protocol version.")
    name = form.value("name") or ""
    if not _NAME.fullmatch(name):
        raise Refusal(400, f"'{name}' is an invalid value for Name. Error: Start and end with a letter or numeral.")
    filetype, pyversion = form.value("filetype"), form.value("pyversion")
    if filetype not in {"bdist_wheel", "sdist"}:
        problem = "Use a known file type." if filetype else "This field is required."
        raise Refusal(400, f"Invalid value for filetype. Error: {problem}")
    if filetype == "sdist" and pyversion not in {None, "source"}:
        raise Refusal(400, "Error: Use 'source' as Python version for an sdist.")
    if filetype == "bdist_wheel" and not pyversion:
        raise Refusal(400, "Error: Python version is required for binary distribution uploads.")
    _judge_digest_fields(form)


def _judge_digest_fields(form: Form) -> None:
    given = {field: value for field in DIGEST_FIELDS if (value := form.value(field))}
    if not given:
        raise Refusal(400, "Error: Include at least one message digest.")
    for field, value in given.items():
        name = DIGEST_FIELDS[field]
        if not re.fullmatch(rf"[0-9a-fA-F]{{{_HEX_LENGTH[name]}}}", value):
            problem = f"Use a valid, hex-encoded, {name.upper()} message digest."
            raise Refusal(400, f"Invalid value for {field}. Error: {problem}")


def judge_metadata(form: Form) -> Version:
    """Judge the metadata as far as anything here can be wrong with it, and return the version; raise `Refusal`."""
    metadata_version = form.value("metadata_version")
    if metadata_version not in METADATA_VERSIONS:
        shown = f"'{metadata_version}'" if metadata_version else "None"
        raise Refusal(400, f"{shown} is not a valid metadata version.")
    text = form.value("version")
    if not text:
        raise Refusal(400, "'version' is a required field.")
    try:
        version = Version(text)
    except InvalidVersion as error:
        raise Refusal(400, f"'{text}' is invalid for 'version'.") from error
    if version.local:
        raise Refusal(400, f"The use of local versions in '{text}' is not allowed.")
    _judge_texts(form)
    for name, value in form.fields:
        if name == "requires_dist":
            _judge_requirement(value)
    return version


def _judge_texts(form: Form) -> None:
    summary = form.value("summary") or ""
    if len(summary) > SUMMARY_LIMIT:
        raise Refusal(400, f"'summary' field must be {SUMMARY_LIMIT} characters or less.")
    if "\n" in summary:
        raise Refusal(400, "'summary' must be a single line.")
    content_type = form.value("description_content_type")
    if content_type and content_type.partition(";")[0].strip() not in _DESCRIPTION_TYPES:
        types = sorted(_DESCRIPTION_TYPES)
        raise Refusal(400, f"'description-content-type' must be one of {types}, not '{content_type}'.")
    if form.value("license") and form.value("license_expression"):
        raise Refusal(400, "License is deprecated when License-Expression is present.")


def _judge_requirement(text: str) -> None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise Refusal(400, f"'{text}' is invalid for 'requires-dist'.") from error
    if requirement.url:
        raise Refusal(400, f"Can't have direct dependency: {text}")


def judge_filename(filename: str, project: str, version: Version) -> None:
    """Judge a file's name against its project and version, both normalized; raise `Refusal`."""
    if "/" in filename or "\\" in filename:
        raise Refusal(400, "Cannot upload a file with '/' or '\\' in the name.")
    if not filename.endswith((".whl", ".tar.gz", ".zip")):
        raise Refusal(400, f"Invalid file extension: '{filename}'.")
    start = project.replace("-", "_")
    if filename.endswith(".whl"):
        _judge_wheel_filename(filename, project, version)
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


def _judge_wheel_filename(filename: str, project: str, version: Version) -> None:
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


def judge_content(form: Form, content: Content) -> None:
    """Judge size and digests of the file that came; raise `Refusal`."""
    if content.size > SIZE_LIMIT:
        raise Refusal(400, f"File too large. Limit for project '{form.value('name')}' is 100 MB.")
    for field, name in DIGEST_FIELDS.items():
        given = form.value(field)
        if given and name in content.digests and given.lower() != content.digests[name]:
            raise Refusal(400, "The digest supplied does not match a digest calculated from the uploaded file.")


def parse_attestations(form: Form, *, trusted: bool) -> list[object]:
    """Return the attestations that came with the file; raise `Refusal`. Signatures are not verified here."""
    text = form.value("attestations")
    if text is None:
        return []
    said = "Invalid attestations supplied during upload: "
    if not trusted:
        raise Refusal(400, f"{said}Attestations are only supported when using Trusted Publishing")
    try:
        attestations = json.loads(text)
    except ValueError as error:
        raise Refusal(400, f"{said}Malformed attestations: 1 validation error for list[Attestation]") from error
    if not isinstance(attestations, list) or not all(isinstance(one, dict) for one in attestations):
        raise Refusal(400, f"{said}Malformed attestations: 1 validation error for list[Attestation]")
    if not attestations:
        raise Refusal(400, f"{said}Malformed attestations: an empty attestation set is not permitted")
    if len(attestations) > ATTESTATION_LIMIT:
        raise Refusal(400, f"{said}A maximum of {ATTESTATION_LIMIT} attestations per file are supported")
    return attestations
