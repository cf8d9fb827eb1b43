"""Compare the claims of a run whose exchange was refused with what a Trusted Publisher registration needs."""

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
_PUBLISHER_CODES = ("invalid-publisher", "invalid-pending-publisher")
# What the index says about jobs that it would refuse whatever is registered.
_OTHER_OBSTACLES = ("missing claim", "job_workflow_ref")

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
    # The index compares the file that defines the job.
    workflow = _parse_workflow(claims, "job_workflow_ref") or _parse_workflow(claims, "workflow_ref")
    file, environment = workflow["file"] if workflow else "", _text(claims, "environment")
    unset = "" if environment else _NO_ENVIRONMENT
    fields = (
        ("Owner", _text(claims, "repository_owner") or owner, named["repository_owner"]),
        ("Repository name", repository, named["repository"]),
        ("Workflow name", file, _check_workflow(claims) or named["job_workflow_ref"]),
        ("Environment name", environment, named["environment"] or unset),
    )
    others = (
        ("Owner ID", _text(claims, "repository_owner_id"), named["repository_owner_id"]),
        ("Event", _text(claims, "event_name"), named["event_name"]),
        ("Ref", _text(claims, "ref"), named["ref"]),
    )
    return tuple(Claim(*each) for each in (*fields, *(each for each in others if any(each[1:]))))


def find_registration_forms(error: MintRefused) -> list[RegistrationForm]:
    """Return a form of the refusing index for each of the first few projects; none if a registration cannot help."""
    pages, fields = index_at(error.url, None).pages, compare_claims(error)[:4]
    owner, repository, workflow, environment = (field.value for field in fields)
    is_unknown = any(_is_unknown_publisher(reason) for reason in error.reasons)
    is_complete = owner and repository and workflow and not find_foreign_repository(error.claims)
    if pages is None or not is_unknown or not is_complete:
        return []
    values = {"provider": "github", "owner": owner, "repository": repository, "workflow_filename": workflow}
    query = urlencode(values | ({"environment": environment} if environment else {}), quote_via=quote)
    forms = []
    for project in sorted(error.projects)[:LINKED_PROJECTS]:
        if error.projects[project]:
            page = pages.at(f"/manage/project/{quote(project, safe='')}/settings/publishing/", query)
            forms.append(RegistrationForm(project, str(page)))
        else:
            # Unlike the page of a project, that of pending publishers ignores a query.
            to_enter = (Claim("Project name", project), *fields)
            forms.append(RegistrationForm(project, str(pages.at("/manage/account/publishing/")), to_enter))
    return forms


def _is_unknown_publisher(reason: Reason) -> bool:
    description = reason.description.lower()
    return reason.code in _PUBLISHER_CODES and not any(words in description for words in _OTHER_OBSTACLES)


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
