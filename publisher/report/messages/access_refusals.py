"""Refusals of who publishes: credentials, rights, and an index that takes nothing at all.

The phrases are lower-case parts of the index's own sentences. The first entry that fits is taken.
"""

from __future__ import annotations

from publisher.report.messages.advice import Advice, Known
from publisher.report.messages.message import NEW_PROJECT, STATUS, TRUSTED_PUBLISHERS

ACCESS_REFUSALS: tuple[Known, ...] = (
    Known(
        ("non-user identities cannot create new projects",),
        Advice(
            "The project does not exist, and the Trusted Publisher that let this run in belongs to another one: as a "
            "rule, the name in its registration is not the name in the metadata.",
            "Register a pending publisher for exactly this project, or correct `name` in the project's metadata.",
            NEW_PROJECT,
        ),
    ),
    Known(
        ("oidc scoped token is not valid for project", "project-scoped token is not valid for project"),
        Advice(
            "The upload token belongs to other projects than the one in this distribution's metadata.",
            "Add a Trusted Publisher for this workflow in that project's settings, or use a token of that project. "
            "If several projects are built here, each needs the registration.",
            TRUSTED_PUBLISHERS,
        ),
    ),
    Known(
        ("token is expired",),
        Advice(
            "The upload token ended while the file was on its way, and so did the one after it.", "Run the job again."
        ),
    ),
    Known(
        ("invalid api token", "signatures do not match"),
        Advice(
            "The index does not know this API token: it was revoked, belongs to another index, or was cut off.",
            "Make a new token on this index and store it in the secret behind `password`; or leave `password` out and "
            "use Trusted Publishing.",
            TRUSTED_PUBLISHERS,
        ),
    ),
    Known(
        ("invalid or non-existent authentication",),
        Advice(
            "The index does not know these credentials: an API token of another index (test and real index have "
            "separate ones), one that was revoked, or a secret with a typing error.",
            "Set `password` to a token of this index, or leave it out and use Trusted Publishing.",
            TRUSTED_PUBLISHERS,
        ),
    ),
    Known(
        ("username/password authentication is no longer supported",),
        Advice(
            "The index takes no account password.",
            "Leave `user` and `password` out and use Trusted Publishing, or set `password` to an API token.",
            TRUSTED_PUBLISHERS,
        ),
    ),
    Known(
        ("the given token isn't allowed to upload",),
        Advice(
            "The project is archived or quarantined, or the token has lost its right to it.",
            "An owner sees the state of the project in its settings on the index.",
        ),
    ),
    Known(
        ("isn't allowed to upload to project",),
        Advice(
            "The account behind the token has no role in this project; perhaps the name belongs to somebody else.",
            "Check `name` in the metadata, or ask an owner of the project for a role.",
        ),
    ),
    Known(
        ("too many new projects",),
        Advice(
            "The account or address has created as many new projects as the index allows for now. Waiting inside the "
            "job does not help.",
            "Run the job again in some hours. Projects that pending publishers create do not count.",
            NEW_PROJECT,
        ),
        429,
    ),
    Known(
        ("read-only mode", "uploads are temporarily disabled", "new uploads are"),
        Advice("The index takes no uploads at the moment, from nobody.", "Run the job again later.", STATUS),
    ),
    Known(
        ("two factor", "two-factor", "2fa", "verified email", "verified e-mail", "verify your email"),
        Advice(
            "The index lets this account upload only with a verified address and two-factor authentication.",
            "Set up in the account what the index names, or use Trusted Publishing.",
            TRUSTED_PUBLISHERS,
        ),
    ),
)
