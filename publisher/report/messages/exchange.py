"""Messages for Trusted Publishing that yields no upload token."""

from __future__ import annotations

from dataclasses import replace

from publisher.errors import AudienceRefused, ExchangeError, IdTokenRefused, IdTokenUnavailable, MintRefused, Situation
from publisher.index.endpoints import index_at
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.url import Url
from publisher.report.messages.message import Link, Message, quote_clause, quote_line, quote_names
from publisher.report.messages.refusals import Advice
from publisher.report.messages.transport import NO_REPLY

_NO_ID_TOKEN = "No ID token"  # noqa: S105 -- a title
_USE_TOKEN = "set the input `password` to an API token of that index"  # noqa: S105 -- advice

_NOT_FOR_PULL_REQUESTS = Message(
    _NO_ID_TOKEN,
    "",
    "Publish from a release or a tag. In pull requests, `dry-run: true` checks the distributions without credentials.",
    link=Link.FORK_EVENTS,
    example="on:\n  release:\n    types: [published]",
)
_SITUATIONS = {
    Situation.PERMISSION_MISSING: Message(
        _NO_ID_TOKEN,
        "This job has no permission to request an ID token, which Trusted Publishing needs.",
        "Add the permission `id-token: write` to the job that publishes. (To use an API token instead, set the input "
        "`password`; if it is set, the secret behind it is empty in this run.)",
        "Permissions of a job replace those of the workflow. A reusable workflow also needs them from its caller.",
        Link.OIDC_PERMISSION,
        "jobs:\n  publish:\n    permissions:\n      id-token: write",
    ),
    Situation.FORK_PULL_REQUEST: replace(
        _NOT_FOR_PULL_REQUESTS,
        what="This run belongs to a pull request from a fork, and GitHub issues no ID token to such runs.",
        why="The permission `id-token: write` is never granted to a fork's pull request, whatever the workflow says.",
    ),
    Situation.PULL_REQUEST_TARGET: replace(
        _NOT_FOR_PULL_REQUESTS,
        what="This workflow was started by `pull_request_target`, which must not publish.",
        why="Such a run may build a stranger's code with the repository's permissions; indexes refuse its ID token.",
    ),
    Situation.NOT_IN_ACTIONS: Message(
        _NO_ID_TOKEN,
        "Trusted Publishing works only in GitHub Actions, and this run is not part of a workflow.",
        "Set the input `password` to an API token, or set `dry-run: true` to check the distributions.",
        "The variable `GITHUB_ACTIONS` is not `true`.",
        Link.OIDC_PERMISSION,
    ),
}

_CHECK_URL = f"Check `repository-url`. If the index does not support Trusted Publishing, {_USE_TOKEN}."
_NO_AUDIENCE = Advice(
    "An index with Trusted Publishing answers differently; a proxy, login page, or other service replied.", _CHECK_URL
)
_AUDIENCE = {
    403: Advice(
        "The index supports Trusted Publishing, but it is currently disabled.",
        f"Try again later. If it cannot wait, {_USE_TOKEN}.",
    ),
    404: Advice("The index does not support Trusted Publishing, or `repository-url` names another host.", _CHECK_URL),
}
_COMPARE = (
    "Compare the claims of this run (see the log or the job summary) with the registered Trusted Publisher: owner, "
    "repository, workflow filename, and environment must match, including the case of owner and repository."
)
_UNKNOWN_REASON = Advice("This reason is not known to the action.", _COMPARE, Link.STATUS)

# By code, the most specific phrase first; the empty one matches everything. The default link is `TROUBLESHOOTING`.
_MINT = {
    ("invalid-publisher", "pull_request_target"): Advice(
        "The workflow was started by `pull_request_target`, whose runs may build a stranger's code.",
        "Publish from a workflow started by a release, a tag, or `workflow_dispatch`.",
    ),
    ("invalid-publisher", "job_workflow_ref"): Advice(
        "The index trusts the workflow that defines the job, and no reusable workflow of another repository.",
        "Move the publishing job into the registered workflow; the build may stay in the reusable one.",
    ),
    ("invalid-publisher", "missing claim"): Advice(
        "The ID token lacks a claim that the index requires, which happens on runners that are not GitHub's own.",
        f"Run the job on GitHub.com. If that is not possible, {_USE_TOKEN}.",
    ),
    ("invalid-publisher", "check failed"): Advice(
        "The index has a similar Trusted Publisher, but one claim of this run differs.", _COMPARE
    ),
    ("invalid-publisher", ""): Advice(
        "No Trusted Publisher on the index matches this run. Usual causes: a renamed repository or workflow, another "
        "environment or index (PyPI and TestPyPI have separate publishers), or a job in a reusable workflow.",
        _COMPARE,
    ),
    ("invalid-pending-publisher", ""): Advice(
        "A pending publisher creates a new project, but a project of that name has been created since.",
        "If the project is yours, add the Trusted Publisher in its own settings. If not, choose another name.",
        Link.NEW_PROJECT,
    ),
    ("invalid-reuse-token", ""): Advice(
        "An ID token can be exchanged only once. This one was used before, perhaps by an attempt with a lost answer.",
        "Run the job again; every run gets its own ID tokens.",
        Link.STATUS,
    ),
    ("invalid-token", ""): Advice(
        "The index could not verify signature, lifetime, or audience of the ID token; it or GitHub may have an outage.",
        "Run the job again. If that does not help, check both status pages, and whether a proxy modifies requests.",
    ),
    ("invalid-payload", "issuer"): Advice(
        "The ID token comes from an issuer that the index does not know, such as a GitHub Enterprise server.",
        f"Publish from a repository on GitHub.com, or {_USE_TOKEN}.",
        Link.TRUSTED_PUBLISHERS,
    ),
    ("invalid-payload", ""): Advice(
        "The index did not accept the request. For a pending publisher, the project name may be too similar to an "
        "existing one or to a module of the standard library, or new projects may be disabled.",
        "Read the index's words above; a name that is not allowed has to be changed.",
        Link.NEW_PROJECT,
    ),
    ("not-enabled", ""): Advice(
        "The administrators of the index have disabled Trusted Publishing for GitHub, usually for a short time.",
        f"Try again later. If it cannot wait, {_USE_TOKEN}.",
        Link.STATUS,
    ),
}


def explain_no_id_token(error: IdTokenUnavailable) -> Message:
    """Explain why this job cannot request an ID token."""
    return _SITUATIONS.get(error.situation) or Message(
        _NO_ID_TOKEN,
        f"The runner's variables for ID tokens are incomplete; missing or unusable: {quote_names(error.missing)}",
        "Pass both variables unchanged to this step, or set the input `password` to an API token.",
        "The runner sets both or neither, so an `env` entry, a wrapper script, or a third-party runner changed one.",
        Link.OIDC_PERMISSION,
    )


def explain_exchange(error: ExchangeError) -> Message:
    """Explain a failed exchange by the step that failed."""
    match error:
        case AudienceRefused():
            return _explain_audience(error)
        case IdTokenRefused():
            return Message(
                "GitHub issued no ID token",
                f"GitHub did not issue an ID token: {_describe(error.answer)}",
                "Run the job again. If that does not help, check GitHub's status page and for interfering proxies.",
                "The request token of this job has expired, or GitHub is having an outage.",
                Link.GITHUB_STATUS,
            )
        case MintRefused():
            return _explain_mint(error)
        case _:
            return _explain_unanswered(error)


def _explain_audience(error: AudienceRefused) -> Message:
    status = error.answer.status if isinstance(error.answer, Reply) else 0
    advice = _AUDIENCE.get(status, _NO_AUDIENCE)
    what = f"`{quote_line(error.url.host)}` did not return an audience for ID tokens: {_describe(error.answer)}"
    return Message("No Trusted Publishing on this index", what, advice.remedy, advice.why, Link.TRUSTED_PUBLISHERS)


def _explain_mint(error: MintRefused) -> Message:
    """Quote every reason and explain the first known one."""
    words = "; ".join(f"`{quote_line(reason.code)}`: {quote_line(reason.description)}" for reason in error.reasons)
    what = f"`{quote_line(error.url.host)}` refused this run's ID token: {words or _describe(error.answer)}"
    advice = _find_mint_advice(error)
    link = _find_status_page(error.url) if advice.link == Link.STATUS else advice.link or Link.TROUBLESHOOTING
    return Message("Trusted Publishing was refused", what, advice.remedy, advice.why, link)


def _find_mint_advice(error: MintRefused) -> Advice:
    job, run = error.claims.get("job_workflow_ref"), error.claims.get("workflow_ref")
    for reason in error.reasons:
        description = reason.description.lower()
        if "was not found" in description and job and run and job != run:
            description += " job_workflow_ref"  # the index looked up the wrong workflow, but does not say so
        for (code, phrase), advice in _MINT.items():
            if code == reason.code and phrase in description:
                return advice
    return _UNKNOWN_REASON


def _explain_unanswered(error: ExchangeError) -> Message:
    """Explain an outage, which is not a mistake in the registration."""
    answer = error.answer
    times = "once" if error.attempts == 1 else f"{error.attempts} times"
    what = f"{quote_clause(answer.summary)} Asked `{quote_line(error.url.host)}` {times} without a usable answer."
    if isinstance(answer, NoReply) and answer.cause is not Cause.TIMEOUT_ANSWER:
        # The advice for malformed HTTP is about distributions.
        advice = NO_REPLY[Cause.UNUSABLE if answer.cause is Cause.MALFORMED else answer.cause]
    else:
        advice = Advice(
            "The service is having an outage; the configuration of Trusted Publishing is not the cause.",
            "Run the job again in a few minutes; nothing was uploaded.",
            _find_status_page(error.url),
        )
    return Message("The exchange got no answer", what, advice.remedy, advice.why, advice.link)


def _find_status_page(url: Url) -> str:
    """Return the status page of the service behind a URL of the exchange; empty if unknown."""
    if not url.path.startswith("/_/oidc/"):
        return Link.GITHUB_STATUS
    return Link.STATUS if index_at(url, None).known else ""


def _describe(answer: Answer) -> str:
    if isinstance(answer, Reply) and isinstance(body := answer.json(), dict) and isinstance(body.get("message"), str):
        return f"{quote_line(answer.summary)}, {quote_line(body['message'])}"
    return quote_line(answer.summary)
