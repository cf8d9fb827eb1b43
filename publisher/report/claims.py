"""Compare the claims of a run whose exchange was refused with what a Trusted Publisher registration needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from publisher.errors import MintRefused, Reason
from publisher.index.endpoints import index_at

_WORKFLOW_REF = re.compile(r"(?P<repository>[^/]+/[^/]+)/\.github/workflows/(?P<file>[^@]+)@(?P<ref>.*)", re.DOTALL)
_NAMED_CLAIM = re.compile(r"(?:claim '|The )(?P<claim>\w+)(?:'| claim)")

_NO_ENVIRONMENT = "not set: if the registration names an environment, the job needs `environment:` with that name"
_FORBIDDEN_EVENT = "indexes do not accept this event"
_PUBLISHER_CODES = ("invalid-publisher", "invalid-pending-publisher")
# What the index says about jobs that it would refuse whatever is registered.
_OTHER_OBSTACLES = ("missing claim", "pull_request_target", "job_workflow_ref")

LINKED_PROJECTS = 10


@dataclass(frozen=True, slots=True)
class Claim:
    """A field of a registration, the value this run needs there, and what is or may be wrong with it."""

    field: str
    value: str
    mismatch: str = ""


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """The page that registers a Trusted Publisher for a project, and what to enter there unless it is filled in."""

    project: str
    url: str
    values: tuple[Claim, ...] = ()


def compare_claims(error: MintRefused) -> tuple[Claim, ...]:
    """Return the four fields of a registration, then the other claims that the index checks."""
    claims = error.claims
    owner, _, repository = _text(claims, "repository").partition("/")
    matches = (_NAMED_CLAIM.search(reason.description) for reason in error.reasons)
    named = defaultdict(str, {match["claim"]: "the index names this claim" for match in matches if match})
    environment = _text(claims, "environment")
    unset = "" if environment else _NO_ENVIRONMENT
    forbidden = _FORBIDDEN_EVENT if claims.get("event_name") == "pull_request_target" else ""
    fields = (
        ("Owner", _text(claims, "repository_owner") or owner, named["repository_owner"]),
        ("Repository name", repository, named["repository"]),
        ("Workflow filename", parse_workflow_filename(claims), _check_workflow(claims) or named["job_workflow_ref"]),
        ("Environment name", environment, named["environment"] or unset),
    )
    others = (
        ("Owner ID", _text(claims, "repository_owner_id"), named["repository_owner_id"]),
        ("Event", _text(claims, "event_name"), forbidden or named["event_name"]),
        ("Ref", _text(claims, "ref"), named["ref"]),
    )
    return tuple(Claim(*each) for each in (*fields, *(each for each in others if any(each[1:]))))


def parse_workflow_filename(claims: Mapping[str, object]) -> str:
    """Return the file that defines the publishing job, which is the one the index compares; empty if unknown."""
    matches = (_parse_workflow(claims, name) for name in ("job_workflow_ref", "workflow_ref"))
    return next((match["file"] for match in matches if match), "")


def find_registration_forms(error: MintRefused) -> list[RegistrationForm]:
    """Return a form of the refusing index for each of the first few projects; none if a registration cannot help."""
    pages, claims = index_at(error.url, None).pages, error.claims
    owner, _, repository = _text(claims, "repository").partition("/")
    workflow = parse_workflow_filename(claims)
    values = {"provider": "github", "owner": owner, "repository": repository, "workflow_filename": workflow}
    is_unknown = any(_is_unknown_publisher(reason) for reason in error.reasons)
    if pages is None or not is_unknown or not all(values.values()) or find_foreign_repository(claims):
        return []
    query = _encode_query(values | {"environment": _text(claims, "environment")})
    forms = []
    for project in sorted(error.projects)[:LINKED_PROJECTS]:
        if error.projects[project]:
            page = pages.at(f"/manage/project/{quote(project, safe='')}/settings/publishing/", query)
            forms.append(RegistrationForm(project, str(page)))
        else:
            # Unlike the page of a project, that of pending publishers ignores a query.
            to_enter = (Claim("Project name", project), *compare_claims(error)[:4])
            forms.append(RegistrationForm(project, str(pages.at("/manage/account/publishing/")), to_enter))
    return forms


def _is_unknown_publisher(reason: Reason) -> bool:
    description = reason.description.lower()
    return reason.code in _PUBLISHER_CODES and not any(words in description for words in _OTHER_OBSTACLES)


def _encode_query(values: Mapping[str, str]) -> str:
    return urlencode({key: value for key, value in values.items() if value}, quote_via=quote)


def _check_workflow(claims: Mapping[str, object]) -> str:
    if foreign := find_foreign_repository(claims):
        return f"a reusable workflow in another repository, `{foreign}`, cannot be registered"
    if caller := find_caller(claims):
        return f"a reusable workflow called by `{caller}`: the index compares the file that defines the job"
    return ""


def find_foreign_repository(claims: Mapping[str, object]) -> str:
    """Return the repository that defines the publishing job if it is not the run's own, else an empty string."""
    job, run = _parse_workflow(claims, "job_workflow_ref"), _parse_workflow(claims, "workflow_ref")
    return job["repository"] if job and run and job["repository"] != run["repository"] else ""


def find_caller(claims: Mapping[str, object]) -> str:
    """Return the file that calls the reusable workflow of the job, empty if the job is in none."""
    job, run = _parse_workflow(claims, "job_workflow_ref"), _parse_workflow(claims, "workflow_ref")
    return run["file"] if job and run and job["file"] != run["file"] else ""


def _parse_workflow(claims: Mapping[str, object], name: str) -> re.Match[str] | None:
    return _WORKFLOW_REF.fullmatch(_text(claims, name))


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
