"""Take an upload, or refuse it, as the index stands at that moment."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from starlette.responses import PlainTextResponse, Response

from tests.fakes import pages, verdicts
from tests.fakes.simple import StoredFile
from tests.fakes.verdicts import Refusal

if TYPE_CHECKING:
    from tests.fakes.form import Form
    from tests.fakes.index import FakeIndex
    from tests.fakes.service import Seen
    from tests.fakes.trusted_publishing import MintedToken

_UNKNOWN_CREDENTIALS = "Invalid or non-existent authentication information."
_NO_PASSWORDS = (
    "Username/Password authentication is no longer supported. Migrate to API Tokens or Trusted Publishers instead."
)
_NO_NEW_PROJECT = (
    "Non-user identities cannot create new projects. This was probably caused by successfully using a pending "
    "publisher but specifying the project name incorrectly."
)


def take(index: FakeIndex, form: Form, seen: Seen) -> Response:
    """Keep what was uploaded and return the answer; raise `Refusal`. The order of the checks is the real one's."""
    token = _identify(index, seen)
    verdicts.judge_form(form)
    version = verdicts.judge_metadata(form)
    content = form.content
    if content is None:
        raise Refusal(400, "Upload payload does not have a file.")
    project = canonicalize_name(form.value("name") or "")
    _permit(index, token, project)
    known = index.files.get(content.filename)
    created = index.projects[project].releases.get(str(version), 0)
    if max(created, known.stored if known else 0) > seen.arrived:
        # Another request made the same new row while this one was under way. The real index needs some bad luck for
        # this; here every overlap counts, so that a client cannot pass by good luck.
        return pages.server_error()
    verdicts.judge_filename(content.filename, project, version)
    verdicts.judge_content(form, content)
    if known and known.sha256 == content.digests["sha256"]:
        return PlainTextResponse("\n\n")
    if known or any(file.sha256 == content.digests["sha256"] for file in index.files.values()):
        digest = content.digests.get("blake2_256", "")
        raise Refusal(400, f"File already exists ('{content.filename}', with blake2_256 hash '{digest}').")
    _judge_release(index, content.filename, project, str(version))
    index.keep(
        StoredFile(
            filename=content.filename,
            project=project,
            version=str(version),
            size=content.size,
            digests=content.digests,
            path=content.path,
            stored=index.tick(),
            fields=form.fields,
            attestations=verdicts.parse_attestations(form, trusted=token is not None),
            listings_to_miss=index.listing_lag,
        )
    )
    return PlainTextResponse("\n\n")


def parse_basic(header: str) -> tuple[str, str]:
    """Return user name and password of an `Authorization` header; both empty where it holds none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _identify(index: FakeIndex, seen: Seen) -> MintedToken | None:
    """Return the minted token that was shown; None for a user with a password; raise `Refusal` for anyone else."""
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
        index.create_project(project)
        return
    if project not in index.projects:
        raise Refusal(400, _NO_NEW_PROJECT)
    if token.expires < index.clock():
        raise Refusal(403, "Invalid API Token: token is expired, token is expired")
    if project not in token.projects:
        raise Refusal(403, f"Invalid API Token: OIDC scoped token is not valid for project '{project}'")


def _judge_release(index: FakeIndex, filename: str, project: str, version: str) -> None:
    if filename in index.deleted:
        raise Refusal(
            400, "This filename was previously used by a file that has since been deleted. Use a different version."
        )
    if filename.endswith(".whl"):
        return
    siblings = (file for file in index.files.values() if (file.project, file.version) == (project, version))
    if any(not file.filename.endswith(".whl") for file in siblings):
        raise Refusal(400, "Only one sdist may be uploaded per release.")
