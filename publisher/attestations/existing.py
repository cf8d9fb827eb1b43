"""Judge attestations that lie beside the distributions: would the index take them.

Structure, subject and digest are checked as the index does (PEP 740, in-toto Statement v1). The signature is left to
the index: verifying it takes a second of imports and the network.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.attestations.model import Attestation, Predicate
from publisher.distributions.filename import FilenameError, WheelName, parse_filename
from publisher.preflight.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publisher.distributions.model import Distribution

RULE = "attestation-file"
SUFFIX = ".attestation"
PUBLISH_SUFFIX = ".publish.attestation"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


class AttestationFileError(ValueError):
    """The file cannot be used as an attestation of its distribution; `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class AttestationFile:
    """A file that was found: its text, or the full clause that says why it could not be read."""

    filename: str
    text: str | AttestationFileError


@dataclass(frozen=True, slots=True)
class Existing:
    """The usable attestations by the file name of their distribution, and what is wrong with the others."""

    attestations: Mapping[str, tuple[Attestation, ...]]
    findings: tuple[Finding, ...]


def judge_existing(
    files: Iterable[AttestationFile], distributions: Sequence[Distribution], *, is_strict: bool
) -> Existing:
    """Give every file to its distribution, `<filename>.<anything>.attestation`.

    A publish attestation that does not fit is replaced by a new one: a warning. Any other cannot be made up for, and
    a file that is published without it never gains one: an error if `is_strict`.
    """
    usable: dict[str, tuple[Attestation, ...]] = {}
    findings: list[Finding] = []
    by_name = {each.filename: each for each in distributions}
    for file in sorted(files, key=lambda each: each.filename):
        distribution = by_name.get(_owner(file.filename))
        if distribution is None:
            findings.append(_find_orphan(file))
            continue
        others = usable.get(distribution.filename, ())
        try:
            attestation = _parse(file, distribution, others)
        except AttestationFileError as error:
            findings.append(_find_unusable(file, distribution, str(error), is_strict=is_strict))
        else:
            usable[distribution.filename] = (*others, attestation)
    return Existing(usable, tuple(findings))


def parse_attestation(text: str, distribution: Distribution) -> Attestation:
    """Parse a PEP 740 attestation of one distribution; raise `AttestationFileError` for what the index would refuse."""
    document = _parse_json(text, "it")
    match document:
        case {
            "version": 1,
            "verification_material": {"certificate": str(certificate), "transparency_entries": [dict(entry), *_]},
            "envelope": {"statement": str(statement), "signature": str(signature)},
            **_others,
        } if certificate and signature and _is_base64(certificate) and _is_base64(signature):
            predicate = _judge_statement(_parse_json(_decode(statement), "its statement"), distribution)
            # Written anew: what Python reads beyond JSON (`NaN`, doubled keys) would make the index refuse the upload.
            return Attestation(_dump(document), predicate, _parse_index(entry))
        case _:
            raise AttestationFileError("it does not have the structure of a PEP 740 attestation, version 1")


def _parse(file: AttestationFile, distribution: Distribution, others: tuple[Attestation, ...]) -> Attestation:
    if isinstance(file.text, AttestationFileError):
        raise file.text
    attestation = parse_attestation(file.text, distribution)
    if any(other.predicate is attestation.predicate for other in others):
        raise AttestationFileError(f"another one of the type `{attestation.predicate}` was found before it")
    return attestation


def _judge_statement(statement: object, distribution: Distribution) -> Predicate:
    match statement:
        case {
            "_type": str(kind),
            "subject": [{"name": str(name), "digest": {"sha256": str(sha256)}}],
            "predicateType": str(predicate),
        } if kind == STATEMENT_TYPE:
            pass
        case _:
            raise AttestationFileError("its statement is not an in-toto statement about one named file with a SHA-256")
    if _identify(name) != _identify(distribution.filename):
        raise AttestationFileError(f"it is about another file: `{name}`")
    if sha256 != distribution.digests.sha256:
        raise AttestationFileError(f"it is about other content: SHA-256 `{sha256}`")
    try:
        return Predicate(predicate)
    except ValueError:
        raise AttestationFileError(f"indexes take no attestations of the type `{predicate}`") from None


def _identify(filename: str) -> object:
    """Return what the index compares: the parts of the name, not their spelling. None for no distribution's name."""
    try:
        name = parse_filename(filename)
    except FilenameError:
        return None
    if isinstance(name, WheelName):
        return (name.project, name.version, name.build, name.tags)
    return (name.project, name.version)


def _owner(filename: str) -> str:
    return filename.removesuffix(SUFFIX).rpartition(".")[0]


def _find_orphan(file: AttestationFile) -> Finding:
    return Finding(
        rule=RULE,
        severity=Severity.WARNING,
        message=f"`{file.filename}` belongs to no distribution that is published here",
        remedy="Name it `<distribution>.publish.attestation` or `<distribution>.slsa.attestation`, or remove it.",
    )


def _find_unusable(file: AttestationFile, distribution: Distribution, reason: str, *, is_strict: bool) -> Finding:
    if file.filename.endswith(PUBLISH_SUFFIX):
        severity, remedy = Severity.WARNING, "A new one is made. Remove the file if it is left over from another build."
    else:
        severity = Severity.ERROR if is_strict else Severity.WARNING
        remedy = "Make it again from this very distribution, or remove it: it cannot be added after publishing."
    return Finding(
        rule=RULE,
        severity=severity,
        message=f"`{file.filename}` cannot be used: {reason}",
        remedy=remedy,
        filename=distribution.filename,
    )


def _parse_index(entry: Mapping[str, object]) -> int | None:
    """Return the place in the log; None where the entry has none that can be read."""
    value = str(entry.get("logIndex", ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None  # noqa: PLR2004 -- 64 bits


def _parse_json(text: str | bytes, what: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise AttestationFileError(f"{what} is not JSON") from None


def _dump(document: object) -> str:
    try:
        return json.dumps(document, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise AttestationFileError("it holds numbers that JSON does not have") from None


def _is_base64(text: str) -> bool:
    return bool(_decode(text))


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise AttestationFileError("its parts are not encoded in base64") from None
