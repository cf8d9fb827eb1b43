"""Messages for an ID token that an index does not exchange for an upload token."""

from collections.abc import Sequence
from dataclasses import replace

from publisher.errors import MintRefused
from publisher.index.endpoints import index_at
from publisher.network.reason import extract_reason
from publisher.network.reply import Answer, Reply
from publisher.network.url import Url
from publisher.report.claims import (
    RegistrationForm,
    compare_claims,
    find_caller,
    find_foreign_repository,
    find_registration_forms,
)
from publisher.report.messages.message import Link, Message, name_index, quote_line, quote_name, shorten

USE_TOKEN = "set the input `password` to an API token"  # noqa: S105 -- advice

_OTHER_ISSUER = (
    f"Publish from a repository on GitHub.com whose enterprise does not set `include_enterprise_slug`, or {USE_TOKEN}."
)
_RERUN = " in a new run: a rerun keeps the workflow file of its commit"
_NO_ENVIRONMENT = "The job sets no `environment:`; a registration that names one does not match. "
_REUSABLE = "Registered like this, a reusable workflow publishes without attestations. "
_NEW_PROJECT = "With any other project name, the exchange creates an empty project of that name. "
_REFUSED = "Trusted Publishing was refused"
# By code, the most specific phrase first; the empty one matches everything. `{index}` and the like are replaced.
_MINT = {
    ("invalid-publisher", "missing claim"): Message(
        "Claim missing in the ID token",
        "{index} requires a claim that this run's ID token does not have; the token was issued by {iss}.",
        _OTHER_ISSUER,
        "GitHub.com issues the same claims on self-hosted runners; older GitHub Enterprise servers may omit some.",
        link=Link.TROUBLESHOOTING,
    ),
    ("invalid-publisher", "job_workflow_ref"): Message(
        "Reusable workflow",
        "{index} cannot trust the reusable workflow that defines this job, {job_workflow_ref}.",
        "Move the publishing job into the workflow of the run, {workflow}, and register that; the build may stay.",
        "A reusable workflow must be in the same repository, at the commit of the run (`uses: ./.github/workflows/…`).",
        link=Link.TROUBLESHOOTING,
    ),
    ("invalid-publisher", ""): Message(
        "No matching Trusted Publisher",
        "{index} has no Trusted Publisher for {job}{elsewhere}.",
        "Register exactly this{form}, or change the job to match{rerun}.",
        "{hint}If such a publisher is registered, its letters differ in case, or the account was renamed or re-created "
        "(its ID is now {repository_owner_id}): remove it, and register it again.",
        link=Link.TROUBLESHOOTING,
    ),
    ("invalid-pending-publisher", ""): Message(
        "Stale pending publisher",
        "The project of this pending publisher exists already, so {index} has just removed the pending publisher.",
        "If the project trusts this job, run it again. If not, register it there first{form}, then run it again.",
        link=Link.NEW_PROJECT,
    ),
    ("invalid-token", ""): Message(
        _REFUSED,
        "{index} could not verify the signature, lifetime, or audience of this run's ID token.",
        "Run the job again. If that does not help, check whether a proxy modifies requests.",
        "{index} or GitHub may be having an outage.",
        link=Link.STATUS,
    ),
    ("invalid-payload", "issuer"): Message(
        "Issuer not accepted",
        "{index} does not accept ID tokens issued by {iss}.",
        _OTHER_ISSUER,
        link=Link.TRUSTED_PUBLISHERS,
    ),
    ("invalid-reuse-token", ""): Message(
        _REFUSED,
        "{index} has received this run's ID token before, as if the request had been sent twice.",
        "Run the job again. If that does not help, check whether a proxy repeats requests.",
    ),
    ("not-enabled", ""): Message(
        _REFUSED,
        "{index} has disabled Trusted Publishing for GitHub, usually for a short time.",
        f"Run the job again later. If it cannot wait, {USE_TOKEN}.",
        link=Link.STATUS,
    ),
}
_UNKNOWN = Message(
    _REFUSED,
    "{index} did not issue an upload token: {words}",
    "Fix this, then run the job again, or ask the operators of the index. Nothing was uploaded.",
)


def explain_mint(error: MintRefused) -> Message:
    """Explain the first known reason, or report an unknown one in the index's own words."""
    template, words = _find_template(error), describe_refusal(error)
    shown = shorten(words) if template is _UNKNOWN else ""
    values = _describe_job(error) | {"index": name_index_at(error.url), "words": shown}
    return replace(
        template,
        what=template.what.format_map(values),
        remedy=template.remedy.format_map(values),
        why=template.why.format_map(values),
        words="" if words == shown else f"{values['index']} answered: {words}",
        link=find_status_page(error.url) if template.link == Link.STATUS else template.link,
    )


def describe_refusal(error: MintRefused) -> str:
    """Return the index's reasons with their codes, or else what its answer says."""
    named = ((f"`{quote_line(each.code)}`", quote_line(each.description)) for each in error.reasons)
    reasons = "; ".join(": ".join(filter(None, each)) for each in named)
    return reasons or ": ".join(filter(None, (quote_line(error.answer.summary), quote_body(error.answer))))


def quote_body(answer: Answer) -> str:
    """Return what an answer says beyond its status; empty if nothing."""
    words = extract_reason(answer) if isinstance(answer, Reply) else ""
    return "" if words in answer.summary else quote_line(words)


def find_status_page(url: Url) -> str:
    """Return the status page of PyPI; empty for any other index."""
    return Link.STATUS if index_at(url, None).known else ""


def name_index_at(url: Url) -> str:
    """Return the name of the index with this URL in a sentence."""
    return name_index(index_at(url, None))


def _find_template(error: MintRefused) -> Message:
    is_foreign = bool(find_foreign_repository(error.claims))
    for reason in error.reasons:
        description = reason.description.lower()
        if "was not found" in description and is_foreign:
            description += " job_workflow_ref"  # the index looked up the wrong workflow, but does not say so
        for (code, phrase), template in _MINT.items():
            if code == reason.code and phrase in description:
                return template
    return _UNKNOWN


def _describe_job(error: MintRefused) -> dict[str, str]:
    """Return by placeholder what is known about the job, the registration it needs, and the other index of the run."""
    claims, caller = error.claims, find_caller(error.claims)
    names = ("iss", "job_workflow_ref", "repository_owner_id")
    quoted = {name: quote_name(str(claims.get(name) or "unknown")) for name in names}
    owner, repository, workflow, environment = (
        quote_name(field.value) if field.value else "(none)" for field in compare_claims(error)[:4]
    )
    if caller:
        workflow += f" (reusable, called by {quote_name(caller)})"
    forms = find_registration_forms(error)
    is_new = any(form.values for form in forms)
    hints = {_NO_ENVIRONMENT: not claims.get("environment"), _REUSABLE: caller, _NEW_PROJECT: is_new}
    return quoted | {
        "workflow": quote_name(str(claims.get("workflow_ref") or "unknown").partition("@")[0]),
        "job": f"owner {owner}, repository {repository}, workflow {workflow}, environment {environment}",
        "elsewhere": "".join(
            f", but {name_index_at(url)} has one" if has_one else f", and neither does {name_index_at(url)}"
            for url, has_one in error.elsewhere.items()
        ),
        "form": _describe_first(forms) if forms else "",
        "rerun": "" if claims.get("run_attempt", "1") == "1" else _RERUN,
        "hint": "".join(hint for hint, applies in hints.items() if applies),
    }


def _describe_first(forms: Sequence[RegistrationForm]) -> str:
    first, *others = forms
    new = f" for the new project {quote_name(first.project)}" if first.values else ""
    more = f" (the job summary has {len(others)} more)" if others else ""
    return f"{new}: {first.url}{more}"
