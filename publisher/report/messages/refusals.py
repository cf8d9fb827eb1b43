"""The known refusals of indexes, with likely cause and remedy, found by their words: indexes have no error codes."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.report.messages.message import Link

NEW_VERSION = "Release a new version: a file on the index can never be replaced."


@dataclass(frozen=True, slots=True)
class Advice:
    """The likely cause of a refusal, what to do, and where to read more."""

    why: str
    remedy: str
    link: str = ""


DUPLICATE = Advice(
    "The index has this name with different content, or this content under another name: two builds usually differ.",
    f"{NEW_VERSION} To keep the existing file and publish the rest, set `skip-existing: true`.",
)
# By lower-case parts of the index's own sentences; the first entry that fits is used.
KNOWN_REFUSALS: dict[tuple[str, ...], Advice] = {
    ("non-user identities cannot create new projects",): Advice(
        "The project does not exist, and this Trusted Publisher belongs to another one, often with a misspelled name.",
        "Register a pending publisher for exactly this project, or correct `name` in the project's metadata.",
        Link.NEW_PROJECT,
    ),
    ("oidc scoped token is not valid for project", "project-scoped token is not valid for project"): Advice(
        "The upload token is limited to projects other than the one in this distribution's metadata.",
        "Register this workflow as a Trusted Publisher of every project it publishes, or use a token for this project.",
        Link.TRUSTED_PUBLISHERS,
    ),
    ("token is expired",): Advice(
        "The upload token expired during the upload, and so did the renewed one.", "Run the job again."
    ),
    ("invalid api token", "signatures do not match", "invalid or non-existent authentication"): Advice(
        "The API token was revoked, is of another index (PyPI and TestPyPI have separate ones), or is incomplete.",
        "Set `password` to a token of this index, or remove it and use Trusted Publishing.",
        Link.TRUSTED_PUBLISHERS,
    ),
    ("username/password authentication is no longer supported",): Advice(
        "The index does not accept account passwords.",
        "Remove `user` and `password` and use Trusted Publishing, or set `password` to an API token.",
        Link.TRUSTED_PUBLISHERS,
    ),
    ("the given token isn't allowed to upload",): Advice(
        "The project is archived or quarantined, or the token lost access.", "Ask an owner to check its status."
    ),
    ("isn't allowed to upload to project",): Advice(
        "The account behind the token has no role in this project; the name may belong to someone else.",
        "Check `name` in the metadata, or ask an owner of the project for a role.",
    ),
    ("too many new projects",): Advice(
        "The account or IP address has reached the limit for new projects. Waiting inside the job does not help.",
        "Run the job again in a few hours. Projects created through pending publishers do not count.",
        Link.NEW_PROJECT,
    ),
    ("read-only mode", "uploads are temporarily disabled", "new uploads are"): Advice(
        "The index has disabled uploads for everyone.", "Run the job again later.", Link.STATUS
    ),
    ("two factor", "two-factor", "2fa", "verified email", "verified e-mail", "verify your email"): Advice(
        "The index requires a verified email address and two-factor authentication for this account.",
        "Set up what the index asks for in the account, or use Trusted Publishing.",
        Link.TRUSTED_PUBLISHERS,
    ),
    ("does not match expected trusted publisher", "certificate's", "build config uri"): Advice(
        "The attestation was signed by another workflow or repository: a reusable workflow, or an earlier step.",
        "Publish from the registered workflow itself. Until then, set `attestations: false`.",
        Link.ATTESTATIONS,
    ),
    ("unknown error while trying to verify", "failed to refresh tuf"): Advice(
        "The index could not reach Sigstore to verify the attestation; the attestation itself may be fine.",
        "Run the job again in a few minutes. If it cannot wait, set `attestations: false`.",
        Link.STATUS,
    ),
    ("attestations are only supported when using trusted publishing",): Advice(
        "The index accepts attestations only with Trusted Publishing, and this run used a token.",
        "Remove `password` to use Trusted Publishing, or set `attestations: false`.",
    ),
    ("invalid attestations",): Advice(
        "The index rejected an attestation of this file: it is for different content or of an unknown kind.",
        "Remove stale `.attestation` files from `packages-dir`, or set `attestations: false`.",
        Link.ATTESTATIONS,
    ),
    ("used by a file that has since been deleted",): Advice(
        "A file name can be used only once, even if the file is deleted.", NEW_VERSION
    ),
    (
        "file already exists",
        "entity already exists",
        "already has a file of this name",
        "already been taken",
        "updating asset",
        "overwrite artifact",
        "needs delete permission",
    ): DUPLICATE,
    ("project size too large", "size limit for project", "limit for project total", "total project size"): Advice(
        "With this file, the project would exceed its total size limit.",
        "Delete releases that are no longer needed, or ask the index for a higher limit.",
        Link.STORAGE_LIMITS,
    ),
    ("file too large",): Advice(
        "The file exceeds the index's size limit for this project.",
        "Make it smaller (debug symbols and bundled data are usual causes), or ask the index for a higher limit.",
        Link.STORAGE_LIMITS,
    ),
    ("only one sdist may be uploaded",): Advice(
        "The release already has an sdist, under another spelling or extension.",
        "Publish one `.tar.gz` sdist per release, and remove the other from `packages-dir`.",
        Link.SDISTS,
    ),
    ("releases older than 14 days",): Advice(
        "The index closes a release 14 days after its first file.", "Publish the file in a new version."
    ),
    ("failed to render",): Advice(
        "The long description is not valid in its declared format, which is reStructuredText by default.",
        "Set `readme` in `pyproject.toml` with the right content type, such as `text/markdown`, or fix the text.",
        Link.DESCRIPTION,
    ),
    ("unsupported platform tag",): Advice(
        "The index does not accept this platform tag. A plain `linux_x86_64` wheel may work only where it was built.",
        "Repair the wheel with `auditwheel` (Linux) or `delocate` (macOS), or build it with `cibuildwheel`.",
        Link.PLATFORM_TAGS,
    ),
    ("not a valid classifier", "classifier"): Advice(
        "The index accepts only classifiers from its list, spelled exactly, and none that starts with `Private ::`.",
        "Correct or remove the classifier in the project's metadata.",
        Link.CORE_METADATA,
    ),
    ("use of local versions",): Advice(
        "A `+` part is for local use. Tools that derive versions from tags add one if the checkout is not a clean tag.",
        "Build from a clean checkout of the tag, with its history (`fetch-depth: 0`).",
        Link.VERSIONS,
    ),
    ("too similar to an existing project", "conflicts with"): Advice(
        "The name is too easily confused with that of another project.", "Choose another project name."
    ),
    ("is not a valid metadata version", "introduced in metadata version"): Advice(
        "The index does not support this metadata version, or a field is newer than the version that is declared.",
        "Update or pin the build backend.",
        Link.CORE_METADATA,
    ),
    ("should contain the normalized project name", "version in filename should", "start filename for"): Advice(
        "The file name does not match the metadata inside; the file may have been renamed.",
        "Build it again with a current build backend and do not rename it.",
        Link.FILENAMES,
    ),
    ("invalid distribution file", "not a tarfile", "zip archive not accepted"): Advice(
        "The archive is damaged, or not of a kind that the index accepts.", "Build the file again.", Link.SDISTS
    ),
    ("digest supplied does not match",): Advice(
        "The file was modified on its way to the index.", "Run the job again, without a proxy."
    ),
}
