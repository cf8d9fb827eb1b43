"""What to say about a refusal that is recognized by its words, or only by its status."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.report.messages.message import CORE_METADATA, TROUBLESHOOTING

NEW_VERSION = "Give the release a new version: a file on the index can never be replaced."


@dataclass(frozen=True, slots=True)
class Advice:
    """Likely cause, what to do, where to read on."""

    why: str
    remedy: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A refusal recognized by any of its phrases; `status` None: by any status."""

    phrases: tuple[str, ...]
    advice: Advice
    status: int | None = None


BY_STATUS: dict[int, Advice] = {
    400: Advice(
        "The index does not accept the metadata or the file; its own words say which.",
        "Correct what it names and build again.",
        CORE_METADATA,
    ),
    401: Advice(
        "The index wants credentials, or does not know the ones it got.",
        "Check `user` and the secret behind `password`. Some indexes want a user name other than `__token__`.",
    ),
    403: Advice(
        "The index knows the credentials, but they do not allow this upload.",
        "Check that they may write to this project on this index.",
        TROUBLESHOOTING,
    ),
    404: Advice(
        "Nothing takes uploads at this address, or it exists only for those who may see it. The address of the "
        "Simple API, at which packages are installed, is not the upload URL.",
        "Set `repository-url` to the upload URL; on many indexes it ends in `/legacy/` or in no path at all.",
    ),
    405: Advice(
        "The address exists, but takes no uploads: very likely it is that of the Simple API.",
        "Set `repository-url` to the upload URL of the index.",
    ),
    407: Advice(
        "A proxy between the runner and the index wants credentials of its own.",
        "Put them into `HTTPS_PROXY`, or name the index in `NO_PROXY`.",
    ),
    409: Advice(
        "The index has a file of this name already.",
        f"{NEW_VERSION} To keep what is there and publish the rest, set `skip-existing: true`.",
    ),
    410: Advice(
        "This address was in use once and is no longer.", "Set `repository-url` to the upload URL of the index."
    ),
    411: Advice("Something on the way to the index takes no request of this form.", "Publish without that proxy."),
    413: Advice(
        "The file is larger than the index, or a proxy before it, lets pass.",
        "Make it smaller, or ask whoever runs the index for a higher limit.",
    ),
    429: Advice(
        "The index allows no more requests of this kind for now.",
        "Run the job again later, with a lower `max-parallel`: what is on the index already is not sent a second time.",
    ),
}

UNKNOWN_REFUSAL = Advice(
    "This action does not know that refusal; the index's words are all there is.",
    "Correct what they name and run again: what is on the index already is not sent a second time.",
)
