"""Refusals of what is published: names, versions, metadata, archives, sizes and attestations.

The phrases are lower-case parts of the index's own sentences. The first entry that fits is taken.
"""

from __future__ import annotations

from publisher.report.messages.advice import NEW_VERSION, Advice, Known
from publisher.report.messages.message import (
    ATTESTATIONS,
    CORE_METADATA,
    DESCRIPTION,
    FILENAMES,
    PLATFORM_TAGS,
    SDISTS,
    STATUS,
    STORAGE_LIMITS,
    VERSIONS,
)

FILE_REFUSALS: tuple[Known, ...] = (
    Known(
        ("does not match expected trusted publisher", "certificate's", "build config uri"),
        Advice(
            "The attestation was signed by another workflow or repository than the registered one: a reusable "
            "workflow, or files that an earlier step has signed.",
            "Publish from the registered workflow itself. Until then, set `attestations: false`.",
            ATTESTATIONS,
        ),
    ),
    Known(
        ("unknown error while trying to verify", "failed to refresh tuf"),
        Advice(
            "The index could not reach Sigstore to verify the attestation; the attestation itself may be fine.",
            "Run the job again in some minutes. If it cannot wait, set `attestations: false`.",
            STATUS,
        ),
    ),
    Known(
        ("attestations are only supported when using trusted publishing",),
        Advice(
            "The index takes attestations only with Trusted Publishing, and this run used a token.",
            "Remove `password`.",
        ),
    ),
    Known(
        ("invalid attestations",),
        Advice(
            "The index did not accept an attestation of this file: it is for other content, or of an unknown kind.",
            "Remove left-over `.attestation` files from `packages-dir`, or set `attestations: false`.",
            ATTESTATIONS,
        ),
    ),
    Known(
        ("used by a file that has since been deleted",),
        Advice("A file name is used up for ever, also when the file was deleted.", NEW_VERSION),
    ),
    Known(
        (
            "file already exists",
            "entity already exists",
            "already has a file of this name",
            "already been taken",
            "updating asset",
            "overwrite artifact",
            "needs delete permission",
        ),
        Advice(
            "The index has this name with other content, or this content under another name. A second build of the "
            "same version is the usual cause: archives hold time stamps, so that two builds seldom are the same.",
            f"{NEW_VERSION} To keep what is there and publish the rest, set `skip-existing: true`.",
        ),
    ),
    Known(
        ("project size too large", "size limit for project", "limit for project total", "total project size"),
        Advice(
            "All files of the project together would pass its limit.",
            "Delete releases that nobody needs any more, or ask the index for a higher limit.",
            STORAGE_LIMITS,
        ),
    ),
    Known(
        ("file too large",),
        Advice(
            "The file is larger than the index allows for this project.",
            "Make it smaller (debug symbols and bundled data are usual causes), or ask the index for a higher limit.",
            STORAGE_LIMITS,
        ),
    ),
    Known(
        ("only one sdist may be uploaded",),
        Advice(
            "The release has an sdist already, under another spelling or extension.",
            "Publish one `.tar.gz` sdist for each release, and remove the other from `packages-dir`.",
            SDISTS,
        ),
    ),
    Known(
        ("releases older than 14 days",),
        Advice("The index closes a release 14 days after its first file.", "Publish the file in a new version."),
    ),
    Known(
        ("failed to render",),
        Advice(
            "The long description is not valid in the format that its content type names; without a content type "
            "that is reStructuredText.",
            "Set `readme` in `pyproject.toml` with the right content type, such as `text/markdown`, or mend the text.",
            DESCRIPTION,
        ),
    ),
    Known(
        ("unsupported platform tag",),
        Advice(
            "The index takes wheels only for platforms that installers can recognize. A plain `linux_x86_64` wheel "
            "fits just the machine that built it.",
            "Repair the wheel with `auditwheel` (Linux) or `delocate` (macOS), or build it with `cibuildwheel`.",
            PLATFORM_TAGS,
        ),
    ),
    Known(
        ("not a valid classifier", "classifier"),
        Advice(
            "The index takes only classifiers of its list, in their exact spelling; one that begins with "
            "`Private ::` is refused on purpose.",
            "Correct or remove the classifier in the project's metadata.",
            CORE_METADATA,
        ),
        400,
    ),
    Known(
        ("use of local versions",),
        Advice(
            "A version with a `+` part is meant for one place. Tools that take the version from tags make one when "
            "the tag is missing or the checkout is not clean.",
            "Build from a clean checkout of the tag, with its history (`fetch-depth: 0`).",
            VERSIONS,
        ),
    ),
    Known(
        ("too similar to an existing project", "conflicts with"),
        Advice("The name could be mistaken for that of another project.", "Choose another name for the project."),
    ),
    Known(
        ("is not a valid metadata version", "introduced in metadata version"),
        Advice(
            "The build tool wrote metadata of a version that this index does not take, or fields that are too new for "
            "the version it declares.",
            "Update or pin the build backend.",
            CORE_METADATA,
        ),
    ),
    Known(
        ("should contain the normalized project name", "version in filename should", "start filename for"),
        Advice(
            "The name of the file and the metadata inside it do not agree; perhaps the file was renamed.",
            "Build it again with a current build backend and do not rename it.",
            FILENAMES,
        ),
    ),
    Known(
        ("invalid distribution file", "not a tarfile", "zip archive not accepted"),
        Advice("The archive is damaged, or of a kind that the index does not take.", "Build the file again.", SDISTS),
    ),
    Known(
        ("digest supplied does not match",),
        Advice(
            "What arrived is not what was sent: something on the way changed it.", "Run the job again, without a proxy."
        ),
    ),
)
