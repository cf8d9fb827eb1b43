"""The known refusals of indexes, found by their words: indexes have no error codes.

In the messages, `{index}` is the index's name (`{Index}` at the beginning of a sentence), and `{project}` is the
distribution's project. `{value}` is what the group of that name matches; without one, the beginning of the answer.
`{build}` says how to build again. `{rest}` is about the other files of a partly published release, or empty.
"""

from dataclasses import replace

from publisher.report.messages.message import AGAIN, Link, Message

DUPLICATE = Message(
    "File name already used",
    "{Index} already has a file of this name with other content",
    "Release a new version: a file on the index can never be replaced. "
    "To keep the existing file and publish the rest, set `skip-existing: true`.",
    "Two builds of the same source usually differ.",
)
UNCOMPARED = replace(
    DUPLICATE,
    what="{Index} already has a file of this name",
    why="Its content could not be compared; that takes a `check-url` whose listing states SHA-256 digests.",
)
UNLISTED = Message(
    "Reported as existing, but not listed",
    "{Index} refuses this file because it has it, but its listing does not contain it",
    "Publish each file under one name only. If nothing was renamed, check `check-url`, and run the job again.",
    "The index has this content under another name, deleted the file, or lists it later.",
)
_USED_BEFORE = Message(
    "File name used before",
    "{Index} had a file of this name that was deleted, and accepts each name only once",
    "Release a new version: the name can never be used again.",
)
_TOO_LARGE = Message(
    "File too large",
    "The file exceeds the size limit of {index}",
    "Make it smaller (debug symbols and bundled data are usual causes), or ask for a higher limit. {build}",
    link=Link.STORAGE_LIMITS,
)
_STORAGE_FULL = Message(
    "Storage full",
    "The storage of {index}, or the share of it that this project may use, is full",
    f"Delete files that are no longer needed, or ask the operators of the index for more. {AGAIN}",
)
_CLOSED = Message(
    "Release closed", "{Index} closes a release 14 days after its first file", "Publish the file in a new version."
)
NEW_VERSION = (DUPLICATE, UNCOMPARED, _USED_BEFORE, _CLOSED)  # nothing else helps
# By expressions that match the index's own sentences in any case; the first that matches counts.
_ANOTHER_PROJECT = r"token is not valid for project:? '(?P<value>[^']+)'"
_BAD_TOKEN = r"invalid api token|signatures do not match|invalid or non-existent authentication"  # noqa: S105 -- words
_NOT_ALLOWED = r"(?:isn't|is not) allowed to upload to project '(?P<value>[^']+)'"
_NEW_TOKEN = "Set `password` to a new token for {index}, or remove it and use Trusted Publishing."  # noqa: S105 -- advice
# In place of those in `KNOWN`, for tokens of Trusted Publishing.
OF_TRUSTED = {
    _ANOTHER_PROJECT: Message(
        "Token of another project",
        "The Trusted Publisher of this run does not include project {value}",
        "Register this workflow for that project too, with the same environment as for the others, or correct `name`.",
        "{Index} issues one token for all projects with exactly the same registration.",
        link=Link.TRUSTED_PUBLISHERS,
    ),
    r"token is expired": Message(
        "Upload token expired", "The upload token expired during the upload, and so did the renewed one", AGAIN
    ),
    _BAD_TOKEN: Message(
        "Upload token not accepted",
        "{Index} does not accept the upload token that it issued for this run",
        f"{AGAIN} If that does not help, the index is having an outage.",
        link=Link.STATUS,
    ),
    _NOT_ALLOWED: Message(
        "Project archived or closed",
        "{Index} does not allow this Trusted Publisher to upload to project {value}",
        "Ask an owner to check on the project's page whether it is archived or quarantined.",
        "The token itself is valid. The publisher may also have been removed from the project.",
    ),
}
KNOWN = {
    r"non-user identities cannot create new projects": Message(
        "Project does not exist",
        "{Index} has no project {project}, and the Trusted Publisher of this run belongs to another one",
        "Register a pending publisher for exactly this name, or correct `name` in the project's metadata.",
        "A pending publisher for another name has just become an empty project of that name.",
        link=Link.NEW_PROJECT,
    ),
    _ANOTHER_PROJECT: Message(
        "Token of another project",
        "The token in `password` is limited to projects other than {value}",
        "Set `password` to a token whose scope includes this project, or use Trusted Publishing.",
    ),
    r"token is expired": Message(
        "Token expired", "The token in `password` has expired", f"{_NEW_TOKEN} Running the job again does not help."
    ),
    _BAD_TOKEN: Message(
        "Token not accepted",
        "{Index} does not accept the token in `password`",
        _NEW_TOKEN,
        "It was revoked, is incomplete, or belongs to another index: PyPI and TestPyPI have separate tokens.",
    ),
    r"username/password authentication is no longer supported": Message(
        "Passwords not accepted",
        "{Index} accepts API tokens, but no user names with passwords",
        "Set `user: __token__` and `password` to an API token, or remove both and use Trusted Publishing.",
    ),
    _NOT_ALLOWED: Message(
        "No permission for the project",
        "{Index} does not allow this account to upload to project {value}",
        "Check `name`, and on the project's page that it is not archived; then ask an owner for a role.",
        "The account has no role in it, or the project is archived, which stops its owners too.",
    ),
    r"(?P<value>new project registration|uploads)\b.* temporarily disabled": Message(
        "Temporarily disabled",
        "{Index} has disabled {value} for everyone",
        "Run the job again later.",
        link=Link.STATUS,
    ),
    r"too many new projects": Message(
        "Too many new projects",
        "The account or IP address has reached the limit of {index} for new projects",
        "Run the job again later. Projects created through pending publishers do not count.",
        link=Link.NEW_PROJECT,
    ),
    r"does not have (?P<value>an? verified .*?email address|two.factor authentication)": Message(
        "Account not set up",
        "{Index} accepts no uploads from the account behind the token: it does not have {value}",
        "Set that up in the account's settings and run the job again, or use Trusted Publishing.",
    ),
    r"organization account.* inactive": Message(
        "Organization inactive",
        "The organization that owns the project is inactive",
        "Ask an owner to check its billing.",
    ),
    r"does not match expected trusted publisher|certificate's|build config uri": Message(
        "Attestation of another workflow",
        "The attestation was signed by another workflow or repository than the registered one",
        "Publish from the registered workflow itself, not a reusable one. Until then, set `attestations: false`.",
        link=Link.ATTESTATIONS,
    ),
    r"unknown error while trying to verify|failed to refresh tuf": Message(
        "Attestation could not be verified",
        "{Index} could not reach Sigstore to verify the attestation, which may be fine",
        f"{AGAIN} If it cannot wait, set `attestations: false`.",
        link=Link.STATUS,
    ),
    r"attestations are only supported when using trusted publishing": Message(
        "Attestations need Trusted Publishing",
        "{Index} accepts no attestations with a token",
        "Remove `password` to use Trusted Publishing, or set `attestations: false`.",
    ),
    r"(?:been|was|previously) (?:deleted|removed)|republished|file ?name has already been used": _USED_BEFORE,
    r"project size too large|size limit for project|limit for project total|total project size": Message(
        "Project too large",
        "This file would exceed the project's total size limit on {index}",
        f"Delete releases that are no longer needed, or ask for a higher limit. {AGAIN}",
        link=Link.STORAGE_LIMITS,
    ),
    r"(?:storage|disk|space)\b.{0,40}\bquota|quota\b.{0,40}\b(?:storage|disk|space)\b|disk usage": _STORAGE_FULL,
    r"file too large|exceeds the maximum (?:\w+ ){0,2}size": _TOO_LARGE,
    r"digest supplied does not match|payload does not have a file|invalid form data": Message(
        "Changed on the way", "{Index} received other content than was sent", f"{AGAIN} A proxy may modify requests."
    ),
    r"only one sdist may be uploaded": Message(
        "Second sdist", "The release already has an sdist of another name", "Leave only one in `packages-dir`."
    ),
    r"releases older than 14 days": _CLOSED,
    r"failed to render": Message(
        "Description cannot be rendered",
        "{Index} cannot render the description in its declared format, by default reStructuredText",
        "Set `readme` in `pyproject.toml` with its content type, such as `text/markdown`, or fix the text. {build}",
    ),
    r"unsupported platform tag '(?P<value>macosx[^']*)'": Message(
        "Wrong platform tag",
        "{Index} does not accept wheels tagged {value}",
        "Build with `MACOSX_DEPLOYMENT_TARGET` set to 10.x, 11.0, 12.0, and so on, or run `delocate-wheel`.{rest}",
    ),
    r"unsupported platform tag '(?P<value>linux_(?!arm)[^']*)'": Message(
        "Wrong platform tag",
        "{Index} does not accept wheels tagged {value}",
        "Run `auditwheel repair` on the wheel, or build it with `cibuildwheel`.{rest}",
    ),
    r"unsupported platform tag '(?P<value>[^']*)'": Message(
        "Wrong platform tag",
        "{Index} does not accept wheels tagged {value}",
        "Build for a platform that it accepts, or leave this wheel out.{rest}",
        "PyPI accepts `any`, `win32`, `win_amd64`, `win_arm64`, `linux_armv6l`, `linux_armv7l`, and some versions of "
        "`manylinux`, `musllinux`, `macosx`, `ios`, `android`, and `pyemscripten`.",
    ),
    r"(?P<value>[\w-]+) introduced in metadata version": Message(
        "Metadata version too old",
        "The metadata has a field, {value}, that is newer than the `Metadata-Version` it declares",
        "Update the build backend, or the tool that added the field. {build}",
    ),
    r"the name '(?P<value>[^']*)' (?:is too similar|conflicts with|isn't allowed|is not allowed)": Message(
        "Project name not allowed",
        "{Index} does not allow the project name {value}, which is reserved or too close to another",
        "Choose another project name.",
    ),
    r"(?P<value>\w+-encrypted content|compression (?:ratio of \d+|type)|obfuscated \w+)": Message(
        "Content not accepted",
        "{Index} accepts no obfuscated code and no unusual compression, here {value}",
        "Publish plain code, compressed with deflate as build backends do. {build}",
    ),
    r"invalid distribution file|not a tarfile|zip archive not accepted": Message(
        "Archive not accepted",
        "{Index} cannot accept the archive: it is damaged, or not written as expected",
        "Check how the file is copied or modified after the build. {build}",
    ),
    r"(?<![\w'-])attestations?\b": Message(
        "Attestation not accepted",
        "{Index} rejected an attestation: it is for other content, or of a kind that it does not support",
        "Remove stale `.attestation` files from `packages-dir`, or set `attestations: false`.",
        link=Link.ATTESTATIONS,
    ),
}
TRUSTED_BY_STATUS = {401: OF_TRUSTED[_BAD_TOKEN]}
_FIX = "Fix what its answer reports. {build} If it is not about the file, ask the operators of the index."
UNKNOWN = Message("Refused", "{value}", _FIX)
_WRONG_ADDRESS = Message(
    "Upload URL not accepted",
    "{value}",
    "Check `repository-url`: on many indexes it ends in `/legacy/` or has no path. If it is right, check that the "
    "credentials may upload to this project.",
    "It may be the Simple API. Artifactory and GitLab also answer 404 if rights are missing or the file exists.",
)
BY_STATUS = {
    401: Message(
        "Credentials not accepted",
        "{Index} requires credentials, or does not recognize these",
        "Check `user` and the secret used for `password`. Some indexes require a user name other than `__token__`.",
    ),
    403: Message(
        "No permission",
        "{value}",
        "Check that the credentials may upload to this project, unless the answer names another reason.",
        "A firewall or proxy in front of the index answers in the same way.",
        link=Link.TROUBLESHOOTING,
    ),
    **dict.fromkeys((404, 405, 410, 501), _WRONG_ADDRESS),
    409: Message(
        "Conflict",
        "{value}",
        "Do what its answer says. If it has or had this file, release a new version.",
    ),
    413: _TOO_LARGE,
    507: _STORAGE_FULL,
    429: Message("Too many requests", "{Index} limits the rate of requests", "Run the job again later."),
}
