"""Store an upload or refuse it, given the state of the index at that moment."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.fakes import verdicts
from tests.fakes.simple import StoredFile
from tests.fakes.verdicts import Refusal

if TYPE_CHECKING:
    from tests.fakes.index import FakeIndex
    from tests.fakes.service import Seen
    from tests.fakes.trusted_publishing import MintedToken

MOST_OF_ONE_RELEASE = 2  # how many uploads into one release the index handles at once
_UNKNOWN_CREDENTIALS = "Invalid or non-existent authentication information."
_NO_PASSWORDS = (
    "Username/Password authentication is no longer supported. Migrate to API Tokens or Trusted Publishers instead."
)
_NO_NEW_PROJECT = (
    "Non-user identities cannot create new projects. This was probably caused by successfully using a pending "
    "publisher but specifying the project name incorrectly."
)


class Collision(Exception):
    """The database failed this upload because of other uploads in progress."""

    def __init__(self, *, is_deadlock: bool) -> None:
        super().__init__()
        self.is_deadlock = is_deadlock


def store(index: FakeIndex, seen: Seen) -> None:
    """Store a file; raise `Refusal` or `Collision`. The checks have the real index's order."""
    token = _identify(index, seen)
    verdicts.check_form(seen)
    version = verdicts.check_metadata(seen)
    filename = seen.filename
    if filename is None:
        raise Refusal(400, "Upload payload does not have a file.")
    project = canonicalize_name(seen.value("name") or "")
    _permit(index, token, project)
    known = index.files.get(filename)
    created = index.projects[project].releases.get(str(version), 0) if project in index.projects else 0
    if max(created, known.stored if known else 0) > seen.arrived:
        # Another request inserted the same row in the meantime.
        raise Collision(is_deadlock=False)
    verdicts.check_filename(filename, project, version)
    verdicts.check_content(seen)
    if known and known.content == seen.body:
        return
    if known or any(file.content == seen.body for file in index.files.values()):
        digest = blake2b(seen.body, digest_size=32).hexdigest()
        raise Refusal(400, f"File already exists ('{filename}', with blake2_256 hash '{digest}').")
    _check_release(index, filename, project, str(version))
    if _is_deadlocked(index, seen, project, version):
        raise Collision(is_deadlock=True)
    verdicts.check_attestations(seen, trusted=token is not None)
    python = seen.value("requires_python")
    index.keep(StoredFile(filename, project, str(version), seen.body, index.tick(), python, index.listing_lag))


def parse_basic(header: str) -> tuple[str, str]:
    """Return user name and password of an `Authorization` header; both empty if there are none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _identify(index: FakeIndex, seen: Seen) -> MintedToken | None:
    """Return the minted token, or None for a user with a password; raise `Refusal` otherwise."""
    user, password = parse_basic(seen.headers.get("authorization", ""))
    if password and index.users.get(user) == password:
        return None
    if user not in {"", "__token__"} and not index.users:
        raise Refusal(403, _NO_PASSWORDS)
    token = index.tokens.get(password)
    if user != "__token__" or token is None or token.burned:
        raise Refusal(403, _UNKNOWN_CREDENTIALS)
    return token


def _permit(index: FakeIndex, token: MintedToken | None, project: str) -> None:
    if token is None:
        return
    if project not in index.projects:
        raise Refusal(400, _NO_NEW_PROJECT)
    if token.expires < index.clock():
        raise Refusal(403, "Invalid API Token: token is expired, token is expired")
    if project not in token.projects:
        raise Refusal(403, f"Invalid API Token: OIDC scoped token is not valid for project '{project}'")


def _is_deadlocked(index: FakeIndex, seen: Seen, project: str, version: Version) -> bool:
    """Decide whether the database fails this upload.

    The real index needs some bad luck for a deadlock. Here every overlap counts, so that no client passes by chance:
    the first file of a project beside any other upload, and every upload that starts while two of its release are in
    progress.
    """
    others = [other for other in index.seen("upload") if other is not seen and other.overlaps(seen)]
    if project not in index.projects or index.projects[project].is_new:
        return bool(others)
    earlier = (other for other in others if other.arrived < seen.arrived)
    return sum(_release_of(other) == (project, version) for other in earlier) >= MOST_OF_ONE_RELEASE


def _release_of(seen: Seen) -> tuple[str, Version] | None:
    name, version = seen.value("name"), seen.value("version")
    try:
        return (canonicalize_name(name), Version(version)) if name and version else None
    except InvalidVersion:
        return None


def _check_release(index: FakeIndex, filename: str, project: str, version: str) -> None:
    if filename in index.deleted:
        raise Refusal(
            400, "This filename was previously used by a file that has since been deleted. Use a different version."
        )
    if filename.endswith(".whl"):
        return
    siblings = (file for file in index.files.values() if (file.project, file.version) == (project, version))
    if any(not file.filename.endswith(".whl") for file in siblings):
        raise Refusal(400, "Only one sdist may be uploaded per release.")
