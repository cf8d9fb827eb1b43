"""Messages for Trusted Publishing that yields no upload token. Those for a refused ID token are in `mint`."""

from dataclasses import replace

from publisher.errors import AudienceRefused, ExchangeError, IdTokenRefused, IdTokenUnavailable, MintRefused, Situation
from publisher.network.reply import Cause, NoReply, Reply, parse_redirect
from publisher.network.retry import TOO_MANY_REQUESTS
from publisher.report.messages.message import Link, Message, quote_clause, quote_line, quote_name, quote_names
from publisher.report.messages.mint import USE_TOKEN, explain_mint, find_status_page, name_index_at, quote_body
from publisher.report.messages.transport import Advice, explain_no_reply

_NOT_FOR_PULL_REQUESTS = Message(
    "No publishing from pull requests",
    "",
    "Publish from a release or a tag. In pull requests, `dry-run: true` checks without credentials.",
    link=Link.FORK_EVENTS,
    example="on:\n  release:\n    types: [published]",
)
_SITUATIONS = {
    Situation.PERMISSION_MISSING: Message(
        "No permission to request an ID token",
        "This job is not allowed to request an ID token, which {need}.",
        "Add `id-token: write` to `permissions` of the job itself, which replace those of the workflow; or {instead}.",
        "{empty}A reusable workflow needs the permission from its caller as well.",
        link=Link.OIDC_PERMISSION,
        example="jobs:\n  publish:\n    permissions:\n      id-token: write",
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
        "Not in GitHub Actions",
        "ID tokens are available only in GitHub Actions, and this run is not part of a workflow.",
        "To go without, {instead}; or set `dry-run: true` to check the distributions.",
        "The variable `GITHUB_ACTIONS` is not `true`.",
        link=Link.OIDC_PERMISSION,
    ),
    Situation.INCOMPLETE_VARIABLES: Message(
        "Incomplete variables for ID tokens",
        "The runner's variables for ID tokens are incomplete; missing or unusable: {missing}",
        "Pass both variables unchanged to this step, or {instead}.",
        "The runner sets both or neither, so an `env` entry, a wrapper script, or a third-party runner changed one.",
        link=Link.OIDC_PERMISSION,
    ),
}

_NOT_HERE = f"Correct `repository-url`, or {USE_TOKEN} for that index (it is empty in this run)."
_NOT_AN_INDEX = Advice("Something else may have answered: a proxy, a login page, or a website.", _NOT_HERE)
_AUDIENCE = {
    403: Advice("The index has disabled Trusted Publishing for now.", f"Run the job again later, or {USE_TOKEN}."),
    404: Advice("The index does not support Trusted Publishing, or `repository-url` names another host.", _NOT_HERE),
}
_OUTAGE = Advice(
    "The service is overloaded or having an outage; the configuration of Trusted Publishing is not the cause.",
    "Run the job again in a few minutes; nothing was uploaded.",
)
_LIMITED = Advice(
    "The configuration of Trusted Publishing is not the cause; others may share the runner's address.",
    "The rate of requests is limited: run the job again later. Nothing was uploaded.",
)


def explain_no_id_token(error: IdTokenUnavailable) -> Message:
    """Explain why this job cannot request an ID token."""
    message, secret = _SITUATIONS[error.situation], f"`{error.instead}`"
    values = {
        "missing": quote_names(error.missing),
        "need": f"Trusted Publishing needs, and {secret} is empty",
        "instead": f"set {secret} to an API token",
        "empty": f"If the workflow sets {secret}, the secret behind it is empty. ",
    }
    if error.instead == "attestations":
        values |= {"need": "`attestations: required` needs", "instead": "set `attestations: true`", "empty": ""}
    what, remedy, why = (text.format(**values) for text in (message.what, message.remedy, message.why))
    return replace(message, what=what, remedy=remedy, why=why)


def explain_exchange(error: ExchangeError) -> Message:
    """Explain a failed exchange by the step that failed."""
    match error:
        case AudienceRefused():
            return _find_redirect(error, "GET") or _explain_audience(error)
        case IdTokenRefused():
            # The body of a success may hold an ID token, which is not masked.
            is_success = isinstance(error.answer, Reply) and error.answer.is_success
            return Message(
                "GitHub issued no ID token",
                f"GitHub did not issue an ID token: {quote_line(error.answer.summary)}",
                "Run the job again. If that does not help, check GitHub's status page and any proxy in between.",
                "The request token of this job has expired, or GitHub is having an outage.",
                "" if is_success else _quote_answer(error),
                Link.GITHUB_STATUS,
            )
        case MintRefused():
            return _find_redirect(error, "POST") or explain_mint(error)
        case _:
            return _explain_unanswered(error)


def _explain_audience(error: AudienceRefused) -> Message:
    status = error.answer.status if isinstance(error.answer, Reply) else 0
    advice = _AUDIENCE.get(status, _NOT_AN_INDEX)
    return Message(
        "No Trusted Publishing on this index",
        f"{name_index_at(error.url)} did not return an audience for ID tokens: {quote_line(error.answer.summary)}",
        advice.remedy,
        advice.why,
        _quote_answer(error),
        Link.TRUSTED_PUBLISHERS,
    )


def _find_redirect(error: ExchangeError, method: str) -> Message | None:
    """Explain a redirect, which is never followed: an ID token is sent only once. None for any other answer."""
    redirect = parse_redirect(error.answer, error.url, method)
    if redirect is None:
        return None
    reason = redirect.detail if isinstance(redirect, NoReply) else f"it leads to `{redirect}`"
    answer = quote_line(f"{error.answer.summary} ({reason})")
    return Message(
        "The exchange was redirected",
        f"{name_index_at(error.url)} did not answer the exchange itself: {answer}",
        "If the index has moved there, correct `repository-url`; the exchange follows no redirects.",
        "A proxy, a login page, or a web server in front of the index may have answered in its place.",
    )


def _explain_unanswered(error: ExchangeError) -> Message:
    """Explain an outage, which is not a mistake in the registration."""
    answer, is_index = error.answer, error.url.path.startswith("/_/oidc/")
    service = name_index_at(error.url) if is_index else f"GitHub's token service {quote_name(error.url.host)}"
    if isinstance(answer, NoReply):
        times = "once" if error.attempts == 1 else f"{error.attempts} times"
        what = f"{quote_clause(answer.summary)} Asked {service} {times} without a usable answer."
        is_elsewhere = is_index and answer.cause is Cause.UNUSABLE
        advice = _NOT_AN_INDEX if is_elsewhere else explain_no_reply(answer, error.url)
    else:
        times = "1 attempt" if error.attempts == 1 else f"{error.attempts} attempts"
        what = f"{service} answered {quote_line(answer.summary)} in {times}."
        advice = _LIMITED if answer.status == TOO_MANY_REQUESTS else _OUTAGE
        advice = replace(advice, link=find_status_page(error.url) if is_index else Link.GITHUB_STATUS)
    return Message("No usable answer", what, advice.remedy, advice.why, _quote_answer(error), advice.link)


def _quote_answer(error: ExchangeError) -> str:
    words = quote_body(error.answer)
    return f"The answer says: {words}" if words else ""
