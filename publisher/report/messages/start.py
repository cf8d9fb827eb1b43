"""Explanations for runs that end outside of exchange and uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.errors import AttestingImpossible, Situation
from publisher.index.waiting import NOT_LISTED
from publisher.report.messages.message import (
    ATTESTATIONS,
    FORK_EVENTS,
    OIDC_PERMISSION,
    SIGSTORE_STATUS,
    Message,
    listed,
    quoted,
)

if TYPE_CHECKING:
    from publisher.errors import IdTokenUnavailable, NothingToPublish, NotListed, SettingsError, SigningError

_NO_ID_TOKEN = "No ID token"  # noqa: S105 -- a title
_PERMISSION_EXAMPLE = """\
jobs:
  publish:
    permissions:
      id-token: write"""

_SITUATIONS = {
    Situation.PERMISSION_MISSING: Message(
        _NO_ID_TOKEN,
        "This job may not request an ID token, which Trusted Publishing needs.",
        "GitHub offers ID tokens only to jobs with the permission `id-token: write`. Permissions of the job replace "
        "those of the workflow, and a reusable workflow needs the permission from its caller as well.",
        "Add the permission to the job that publishes. (To use an API token instead, set the input `password`; if it "
        "is set already, the secret behind it is empty in this run.)",
        OIDC_PERMISSION,
        _PERMISSION_EXAMPLE,
    ),
    Situation.FORK_PULL_REQUEST: Message(
        _NO_ID_TOKEN,
        "This run belongs to a pull request from a fork, and GitHub gives such runs no ID token.",
        "The permission `id-token: write` is never granted to a fork's pull request, whatever the workflow says.",
        "Publish when a release or a tag is made, or set `dry-run: true` for pull requests: that checks the "
        "distributions and needs no credentials.",
        FORK_EVENTS,
        "on:\n  release:\n    types: [published]",
    ),
    Situation.PULL_REQUEST_TARGET: Message(
        _NO_ID_TOKEN,
        "This workflow was started by `pull_request_target`, from which nothing is published.",
        "Such a run has the rights of the repository, but may build what a stranger sent. Indexes refuse its ID token.",
        "Publish when a release or a tag is made, or set `dry-run: true` for pull requests: that checks the "
        "distributions and needs no credentials.",
        FORK_EVENTS,
        "on:\n  release:\n    types: [published]",
    ),
    Situation.NOT_IN_ACTIONS: Message(
        _NO_ID_TOKEN,
        "Trusted Publishing works in GitHub Actions only, and this run is somewhere else.",
        "The variable `GITHUB_ACTIONS` is not `true`.",
        "Set the input `password` to an API token, or set `dry-run: true` to try the rest.",
        OIDC_PERMISSION,
    ),
}


def explain_settings(error: SettingsError) -> tuple[Message, ...]:
    """Explain every problem on its own."""
    return tuple(
        Message(
            f"Input {quoted(problem.name)}" if _is_input(problem.name) else quoted(problem.name),
            f"`{quoted(problem.name)}` {quoted(problem.message)}",
        )
        for problem in error.problems
    )


def _is_input(name: str) -> bool:
    """Tell an input from a variable of the runner, which is upper-case (a proxy's may be lower-case)."""
    return name != name.upper() and not name.endswith("_proxy")


def explain_nothing(error: NothingToPublish) -> Message:
    """Explain where was looked and what lay there instead."""
    what = f"There is no wheel and no sdist in {listed(error.patterns)}."
    why = "The files were not built or downloaded in this job, or they lie elsewhere."
    if error.missing:
        why = (
            f"Nothing exists at {listed(error.missing)}, seen from the workspace. The files were not built or "
            "downloaded in this job, or they lie elsewhere."
        )
    elif error.ignored:
        why = f"What lies there is no distribution: {listed(error.ignored)}."
    return Message(
        "Nothing to publish",
        what,
        why,
        "Build into that directory, or fetch the artifact into it, before this step; or set `packages-dir` to where "
        "the files are. Only the workspace is visible to this action, directories like `/tmp` are not. "
        "`actions/download-artifact` makes a sub-directory for each artifact unless it is given one `name`, or "
        "`merge-multiple: true`; `packages-dir: dist/*/*` looks into these.",
    )


def explain_no_id_token(error: IdTokenUnavailable) -> Message:
    """Explain the situation, or name the variables that are missing where the runner set only some."""
    known = _SITUATIONS.get(error.situation)
    if known is not None:
        return known
    return Message(
        _NO_ID_TOKEN,
        f"The runner offers ID tokens only in part, missing or unusable: {listed(error.missing)}",
        "Both variables come and go together, so something between the runner and this step removed or changed one: an "
        "`env` entry, a wrapper script, or a runner that is not GitHub's own.",
        "Hand on both variables as the runner sets them, or set the input `password` to an API token.",
        OIDC_PERMISSION,
    )


def explain_not_listed(error: NotListed) -> Message:
    """Say that everything is uploaded, and what the index does not show yet."""
    groups = []
    for reason in dict.fromkeys(error.missing.values()):
        names = listed(tuple(name for name, why in error.missing.items() if why == reason))
        groups.append(names if reason == NOT_LISTED else f"{names} ({quoted(reason)})")
    return Message(
        "Not listed in time",
        f"After {error.seconds} s the index did not list: {'; '.join(groups)}",
        f"Everything was uploaded. `{quoted(str(error.url))}` may be served from a cache that is renewed later, or not "
        "be the Simple API of the index that took the files.",
        "If the files are there by now, set a higher `wait-for-index`; if not, check `check-url`.",
    )


def explain_signing(error: SigningError) -> Message:
    """Explain a signature that could not be made, or, where `attestations` requires one, never can be here."""
    if isinstance(error, AttestingImpossible):
        return Message(
            "Nothing can be attested here",
            f"`attestations: required` cannot be met: {quoted(error.reason)}",
            remedy="Make it possible, or set `attestations: true`, which attests where it can be done.",
            link=ATTESTATIONS,
        )
    return Message(
        "Signing failed",
        f"No attestation could be made for {listed(error.filenames)}: {quoted(error.reason)}",
        "Sigstore or the way to it has a disturbance, as a rule for some minutes. Nothing was uploaded.",
        "Run the job again. If it cannot wait, set `attestations: best-effort`, which publishes what cannot be signed "
        "without an attestation; the index takes none later.",
        SIGSTORE_STATUS,
    )


def explain_stop(stage: str = "publishing") -> Message:
    """Say what was under way when a signal came, and that running again is safe."""
    return Message(
        "Cancelled",
        f"The run was cancelled while {quoted(stage)}.",
        remedy="Run the job again: what is on the index already is not sent a second time.",
    )
