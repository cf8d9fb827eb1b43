"""The GitHub Actions job of a run: the variables of the runner, and the claims of its ID tokens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a workflow; by default, a release by tag in the environment `pypi`."""

    owner: str = "octo-org"
    name: str = "sample"
    owner_id: str = "4711"
    repository_id: str = "815"
    workflow: str = "release.yml"
    ref: str = "refs/tags/v1.0"
    sha: str = "2f1e8c6b9d0a7e5f4c3b2a190817263544536271"
    event_name: str = "push"
    environment: str | None = "pypi"
    run_id: str = "1234567890"

    @property
    def repository(self) -> str:
        """Return `owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def workflow_ref(self) -> str:
        """Return the path of the workflow file and its ref."""
        return f"{self.repository}/.github/workflows/{self.workflow}@{self.ref}"

    @property
    def _ref_type(self) -> str:
        return "tag" if self.ref.startswith("refs/tags/") else "branch"

    def claims(self) -> dict[str, object]:
        """Return the claims of this job's ID tokens, except issuer, audience, times and `jti`."""
        context = f"environment:{self.environment}" if self.environment else f"ref:{self.ref}"
        claims: dict[str, object] = {
            "sub": f"repo:{self.repository}:{context}",
            "ref": self.ref,
            "sha": self.sha,
            "repository": self.repository,
            "repository_owner": self.owner,
            "repository_owner_id": self.owner_id,
            "repository_id": self.repository_id,
            "repository_visibility": "public",
            "run_id": self.run_id,
            "run_number": "7",
            "run_attempt": "1",
            "actor": "octocat",
            "actor_id": "583231",
            "workflow": "Release",
            "workflow_ref": self.workflow_ref,
            "workflow_sha": self.sha,
            "job_workflow_ref": self.workflow_ref,
            "job_workflow_sha": self.sha,
            "head_ref": "",
            "base_ref": "",
            "event_name": self.event_name,
            "ref_protected": "false",
            "ref_type": self._ref_type,
            "runner_environment": "github-hosted",
        }
        if self.environment:
            claims["environment"] = self.environment
        return claims

    def variables(self) -> dict[str, str]:
        """Return the variables by which the runner describes this job."""
        return {
            "GITHUB_ACTOR": "octocat",
            "GITHUB_ACTOR_ID": "583231",
            "GITHUB_API_URL": "https://api.github.example",
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_JOB": "publish",
            "GITHUB_REF": self.ref,
            "GITHUB_REF_NAME": self.ref.split("/", 2)[-1],
            "GITHUB_REF_TYPE": self._ref_type,
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REPOSITORY_ID": self.repository_id,
            "GITHUB_REPOSITORY_OWNER": self.owner,
            "GITHUB_REPOSITORY_OWNER_ID": self.owner_id,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": self.run_id,
            "GITHUB_RUN_NUMBER": "7",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": self.sha,
            "GITHUB_WORKFLOW": "Release",
            "GITHUB_WORKFLOW_REF": self.workflow_ref,
            "GITHUB_WORKFLOW_SHA": self.sha,
        }
