"""After a refused exchange: what this run claims beside what a Trusted Publisher registration has to say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from publisher.index.endpoints import index_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.errors import MintRefused, Reason
    from publisher.network.url import Url

_WORKFLOW_REF = re.compile(r"(?P<repository>[^/]+/[^/]+)/\.github/workflows/(?P<file>[^@]+)@(?P<ref>.*)", re.DOTALL)
_ONE_OF = re.compile(r"expecting one of (?P<expected>\[.*?\]), got", re.DOTALL)
_CLAIM_NAMED = re.compile(r"(?:Missing claim|required claim|optional claim) '(?P<claim>\w+)'", re.IGNORECASE)

LINKED_PROJECTS = 10


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the run: the registration's `field` has to be `value`. `mismatch` says what cannot be right."""

    field: str
    value: str
    mismatch: str = ""


def compare_claims(error: MintRefused) -> tuple[Claim, ...]:
    """Return the four things that a registration names, then what else the index looks at."""
    claims = error.claims
    owner, _, repository = _text(claims, "repository").partition("/")
    rows = (
        Claim("Owner", _text(claims, "repository_owner") or owner, _named(error.reasons, "repository_owner")),
        Claim("Repository name", repository, _named(error.reasons, "repository")),
        Claim("Workflow filename", workflow_filename(claims), _judge_workflow(error)),
        Claim("Environment name", _text(claims, "environment"), _judge_environment(error)),
    )
    extra = (
        Claim(
            "Owner's account number", _text(claims, "repository_owner_id"), _named(error.reasons, "repository_owner_id")
        ),
        Claim("Event", _text(claims, "event_name"), _judge_event(error)),
        Claim("Ref", _text(claims, "ref"), _named(error.reasons, "ref")),
    )
    return (*rows, *(claim for claim in extra if claim.value or claim.mismatch))


def workflow_filename(claims: Mapping[str, object]) -> str:
    """Return the file in which the publishing job stands: the one that the index compares."""
    for name in ("job_workflow_ref", "workflow_ref"):
        match = _WORKFLOW_REF.fullmatch(_text(claims, name))
        if match:
            return match["file"]
    return ""


@dataclass(frozen=True, slots=True)
class RegistrationLinks:
    """Where an index registers a Trusted Publisher, its form filled in: for a project that exists, and a new one."""

    existing: str
    new: str


def build_registration_links(pages: Url | None, claims: Mapping[str, object], project: str) -> RegistrationLinks | None:
    """Return links for one project.

    None on an index whose pages are not known, for claims that say too little, and for what cannot be registered.
    """
    owner, _, repository = _text(claims, "repository").partition("/")
    filename = workflow_filename(claims)
    if pages is None or not (owner and repository and filename) or _foreign_repository(claims):
        return None
    values = {
        "provider": "github",
        "owner": owner,
        "repository": repository,
        "workflow_filename": filename,
        "environment": _text(claims, "environment"),
    }
    query = urlencode({key: value for key, value in values.items() if value}, quote_via=quote)
    settings = pages.at(f"/manage/project/{quote(project, safe='')}/settings/publishing/", query)
    account = pages.at(
        "/manage/account/publishing/", f"{query}&{urlencode({'project_name': project}, quote_via=quote)}"
    )
    return RegistrationLinks(str(settings), str(account))


def find_registration_links(error: MintRefused, projects: Iterable[str]) -> list[tuple[str, RegistrationLinks]]:
    """Return links for the first few projects, at the index that refused: it may be the one to rehearse on."""
    pages = index_at(error.url, None).pages
    links = ((project, build_registration_links(pages, error.claims, project)) for project in sorted(set(projects)))
    return [(project, where) for project, where in links if where][:LINKED_PROJECTS]


def _judge_workflow(error: MintRefused) -> str:
    for reason in error.reasons:
        expected = _ONE_OF.search(reason.description)
        if expected:
            return f"the index expects one of {expected['expected']}"
    if foreign := _foreign_repository(error.claims):
        return f"a reusable workflow of another repository, `{foreign}`: this cannot be registered"
    job, run = (_WORKFLOW_REF.fullmatch(_text(error.claims, name)) for name in ("job_workflow_ref", "workflow_ref"))
    if job and run and job["file"] != run["file"]:
        return f"a reusable workflow called by `{run['file']}`: the index compares the file that holds the job"
    return _named(error.reasons, "job_workflow_ref")


def _foreign_repository(claims: Mapping[str, object]) -> str:
    """Return the repository in which the publishing job stands, where it is another one than the run's."""
    job, run = (_WORKFLOW_REF.fullmatch(_text(claims, name)) for name in ("job_workflow_ref", "workflow_ref"))
    return job["repository"] if job and run and job["repository"] != run["repository"] else ""


def _judge_environment(error: MintRefused) -> str:
    named = _named(error.reasons, "environment")
    if named or _text(error.claims, "environment"):
        return named
    return "not set: if the registration names an environment, the job needs `environment:` with that name"


def _judge_event(error: MintRefused) -> str:
    if _text(error.claims, "event_name") == "pull_request_target":
        return "nothing is published from such a run"
    return _named(error.reasons, "event_name")


def _named(reasons: tuple[Reason, ...], claim: str) -> str:
    """Say so where the index itself names this claim."""
    for reason in reasons:
        match = _CLAIM_NAMED.search(reason.description)
        if match and match["claim"] == claim:
            return "the index names this claim"
    return ""


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
