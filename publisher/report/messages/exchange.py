"""Explanations for an exchange that did not end in an upload token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.errors import AudienceRefused, IdTokenRefused, MintRefused
from publisher.index.endpoints import index_at
from publisher.network.reply import Cause, NoReply, Reply
from publisher.report.messages.message import (
    GITHUB_STATUS,
    NEW_PROJECT,
    STATUS,
    TROUBLESHOOTING,
    TRUSTED_PUBLISHERS,
    Message,
    quoted,
)
from publisher.report.messages.trouble import explain_trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.errors import ExchangeError
    from publisher.network.reply import Answer
    from publisher.network.url import Url

_REFUSED = "Trusted Publishing was refused"
_COMPARE = (
    "Compare what this run claims (see the log or the job summary) with the Trusted Publisher that is registered: "
    "owner, repository, workflow filename and environment have to be the same, owner and repository in the same letter "
    "case."
)
_WITHOUT = "Set the input `password` to an API token of that index"

# By code, most specific phrase first; an empty phrase fits every description.
_MINT: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "invalid-publisher",
        "pull_request_target",
        "The workflow was started by `pull_request_target`, whose runs may build what a stranger sent.",
        "Publish from a workflow that a release, a tag or `workflow_dispatch` starts.",
        TROUBLESHOOTING,
    ),
    (
        "invalid-publisher",
        "job_workflow_ref",
        (
            "The job that publishes is defined in a reusable workflow, or elsewhere than in the registered one. "
            "The index trusts the workflow that holds the publishing job and supports no reusable workflow of another "
            "repository."
        ),
        "Move the job that publishes into the workflow that is registered; building may stay in the reusable one.",
        TROUBLESHOOTING,
    ),
    (
        "invalid-publisher",
        "missing claim",
        "The ID token lacks a claim that the index needs, as happens with runners that are not GitHub's own.",
        f"Run the job on GitHub.com. {_WITHOUT} where that is not possible.",
        TROUBLESHOOTING,
    ),
    (
        "invalid-publisher",
        "check failed",
        "The index knows a similar Trusted Publisher, but one claim of this run differs from it.",
        _COMPARE,
        TROUBLESHOOTING,
    ),
    (
        "invalid-publisher",
        "",
        (
            "No Trusted Publisher registered on the index fits this run. Usual causes: a renamed repository or "
            "workflow file, another environment, a publisher registered on another index (test and real index have "
            "separate ones), or a job in a reusable workflow."
        ),
        _COMPARE,
        TROUBLESHOOTING,
    ),
    (
        "invalid-pending-publisher",
        "",
        "A pending publisher creates a new project, but a project of that name was made in the meantime.",
        "If the project is yours, add the Trusted Publisher in its own settings. If not, choose another name.",
        NEW_PROJECT,
    ),
    (
        "invalid-reuse-token",
        "",
        (
            "An ID token is good for one exchange, and this one was used before, perhaps by an attempt whose answer "
            "was lost."
        ),
        "Run the job again: every run gets ID tokens of its own.",
        STATUS,
    ),
    (
        "invalid-token",
        "",
        (
            "The index could not verify the ID token: its signature, lifetime or audience does not satisfy it. GitHub "
            "makes the token and the index checks it at once, so that as a rule one of them has a disturbance."
        ),
        (
            "Run the job again. If that does not help, look at the status pages of both, and at whether something "
            "between this step and them changes what is sent."
        ),
        TROUBLESHOOTING,
    ),
    (
        "invalid-payload",
        "issuer",
        "The ID token comes from an issuer that the index does not know, such as a GitHub Enterprise server.",
        f"{_WITHOUT}, or publish from a repository on GitHub.com.",
        TRUSTED_PUBLISHERS,
    ),
    (
        "invalid-payload",
        "",
        (
            "The index could not accept the request. For a pending publisher it also says so when the project's "
            "name is too similar to another one, is that of a standard library module, or when no new projects are "
            "accepted now."
        ),
        "Read the index's words above: a name that is not possible has to be changed.",
        NEW_PROJECT,
    ),
    (
        "not-enabled",
        "",
        "The administrators of the index have switched Trusted Publishing for GitHub off, as a rule for a short time.",
        f"Try again later. {_WITHOUT} if it cannot wait.",
        STATUS,
    ),
)


def explain_exchange(error: ExchangeError) -> Message:
    """Explain by the step that failed."""
    match error:
        case AudienceRefused():
            return _explain_audience(error)
        case IdTokenRefused():
            return _explain_id_token(error)
        case MintRefused():
            return _explain_mint(error)
        case _:
            return _explain_unanswered(error)


def _explain_audience(error: AudienceRefused) -> Message:
    """Explain an index without Trusted Publishing by its status."""
    host, said = quoted(error.url.host), _in_own_words(error.answer)
    what = f"`{host}` does not say for whom an ID token must be issued: {said}"
    status = error.answer.status if isinstance(error.answer, Reply) else 0
    if status == 403:  # noqa: PLR2004
        why = "The index knows Trusted Publishing, but it is switched off at the moment."
        remedy = f"Try again later. {_WITHOUT} if it cannot wait."
    elif status == 404:  # noqa: PLR2004
        why = "The index does not support Trusted Publishing, or `repository-url` names another host than its own."
        remedy = f"{_WITHOUT}. If it does support Trusted Publishing, correct `repository-url`."
    else:
        why = "This is no answer of an index with Trusted Publishing: a proxy, a login page or another service replied."
        remedy = (
            f"Check that `repository-url` is the upload URL of the index. {_WITHOUT} if it has no Trusted Publishing."
        )
    return Message("No Trusted Publishing on this index", what, why, remedy, TRUSTED_PUBLISHERS)


def _explain_id_token(error: IdTokenRefused) -> Message:
    """Explain GitHub's refusal to issue an ID token."""
    return Message(
        "GitHub issued no ID token",
        f"GitHub's token service gave no ID token: {_in_own_words(error.answer)}",
        "The request token of this job is no longer valid (it ends with the job), or GitHub has a disturbance.",
        "Run the job again. If that does not help, look at GitHub's status page, and at whether something between this "
        "step and GitHub changes requests.",
        GITHUB_STATUS,
    )


def _explain_mint(error: MintRefused) -> Message:
    """Explain the first reason that is known, in the index's own words first."""
    words = "; ".join(f"`{quoted(reason.code)}`: {quoted(reason.description)}" for reason in error.reasons)
    what = f"`{quoted(error.url.host)}` refused this run's ID token: {words or _in_own_words(error.answer)}"
    for reason in error.reasons:
        description = reason.description.lower()
        if "was not found" in description and _is_reusable(error.claims):
            description = "job_workflow_ref"  # the index looked for the wrong workflow, which it does not say
        for code, phrase, why, remedy, link in _MINT:
            if code == reason.code and phrase in description:
                return Message(_REFUSED, what, why, remedy, _status_page(error.url) if link == STATUS else link)
    why = "This action does not know that reason; the index's words are all there is."
    return Message(_REFUSED, what, why, _COMPARE, _status_page(error.url))


def _explain_unanswered(error: ExchangeError) -> Message:
    """Explain an outage, so that nobody looks for a mistake in the registration."""
    times = "once" if error.attempts == 1 else f"{error.attempts} times"
    what = f"`{quoted(error.url.host)}` was asked {times} and gave no usable answer: {quoted(error.answer.summary)}"
    if isinstance(error.answer, NoReply) and error.answer.cause is not Cause.TIMEOUT_ANSWER:
        # What is no valid HTTP hides no refusal of a distribution here.
        is_malformed = error.answer.cause is Cause.MALFORMED
        why, remedy = explain_trouble(Cause.UNUSABLE if is_malformed else error.answer.summary)
    else:
        why = "The service has a disturbance; the configuration of Trusted Publishing is not the cause."
        remedy = "Run the job again in some minutes; nothing was uploaded."
    return Message("The exchange got no answer", what, why, remedy, _status_page(error.url))


def _status_page(url: Url) -> str:
    """Return where the service behind a URL of the exchange tells of outages; empty where we know of no such page."""
    if not url.path.startswith("/_/oidc/"):
        return GITHUB_STATUS
    return STATUS if index_at(url, None).known else ""


def _is_reusable(claims: Mapping[str, object]) -> bool:
    job, run = claims.get("job_workflow_ref"), claims.get("workflow_ref")
    return bool(job and run and job != run)


def _in_own_words(answer: Answer) -> str:
    if isinstance(answer, Reply) and isinstance(body := answer.json(), dict) and isinstance(body.get("message"), str):
        return f"{quoted(answer.phrase)}, {quoted(body['message'])}"
    return quoted(answer.summary)
