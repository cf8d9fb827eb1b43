"""The variables that the runner and the job set, other than inputs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from packaging.version import Version
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from publisher.errors import Problem

RULES_PATH = "docs/rules.md"


class FromVariables(BaseModel):
    """A frozen value made of environment variables."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """Return the name of every variable that is read."""
        aliases = [field.validation_alias for field in cls.model_fields.values()]
        return tuple(str(name) for alias in aliases if isinstance(alias, AliasChoices) for name in alias.choices)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Parse `environ`, in which a blank variable counts as not set.

        Raises pydantic's `ValidationError` with every variable that is not valid, by the first name of its field.
        """
        return cls.model_validate({name: environ[name] for name in cls.variables() if environ.get(name, "").strip()})


def variable(*names: str, default: object = None) -> Any:  # noqa: ANN401 -- typed like pydantic's Field
    """Declare a field with the value of the first of the `names` that is set."""
    return Field(default=default, validation_alias=AliasChoices(*names))


class Environment(FromVariables):
    """The runner variables of the job. Each may be missing; none is rejected."""

    in_actions: Annotated[bool, BeforeValidator(lambda text: text == "true")] = variable(
        "GITHUB_ACTIONS", default=False
    )
    debug: Annotated[bool, BeforeValidator(lambda text: text == "1")] = variable("RUNNER_DEBUG", default=False)
    workspace: Path | None = variable("GITHUB_WORKSPACE")
    output: Path | None = variable("GITHUB_OUTPUT")
    step_summary: Path | None = variable("GITHUB_STEP_SUMMARY")
    event_name: str | None = variable("GITHUB_EVENT_NAME")
    event_path: Path | None = variable("GITHUB_EVENT_PATH")
    id_token_request_url: SecretStr | None = variable("ACTIONS_ID_TOKEN_REQUEST_URL")
    id_token_request_token: SecretStr | None = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    ssl_cert_file: Path | None = variable("SSL_CERT_FILE")
    ssl_cert_dir: Path | None = variable("SSL_CERT_DIR")
    https_proxy: SecretStr | None = variable("https_proxy", "HTTPS_PROXY")
    http_proxy: SecretStr | None = variable("http_proxy", "HTTP_PROXY")
    all_proxy: SecretStr | None = variable("all_proxy", "ALL_PROXY")
    no_proxy: str = variable("no_proxy", "NO_PROXY", default="")
    server_url: str | None = variable("GITHUB_SERVER_URL")
    action_repository: str | None = variable("GITHUB_ACTION_REPOSITORY")
    action_ref: str | None = variable("GITHUB_ACTION_REF")
    ref: str | None = variable("GITHUB_REF")

    @property
    def tagged_version(self) -> Version | None:
        """Return the version in the tag that triggered the run, with or without `v`; None for any other ref."""
        name = (self.ref or "").removeprefix("refs/tags/")
        try:
            return Version(name) if name != self.ref else None
        except ValueError:
            return None

    @property
    def rules_url(self) -> str:
        """Return the page of the preflight rules for the running version; a relative path if that is unknown."""
        if not (self.server_url and self.action_repository and self.action_ref):
            return RULES_PATH
        return f"{self.server_url}/{self.action_repository}/blob/{self.action_ref}/{RULES_PATH}"


def find_certificates(environment: Environment) -> tuple[Path | None, Path | None, tuple[Problem, ...]]:
    """Return `SSL_CERT_FILE` and `SSL_CERT_DIR`, None if they do not exist, and a problem for each that does not.

    Jobs set these for the host; the path may not exist in the container.
    """
    file, directory, problems = environment.ssl_cert_file, environment.ssl_cert_dir, []
    if file and not os.path.isfile(file):  # noqa: PTH113 -- unlike Path.is_file, returns False for text too long to be a path
        problems.append(Problem("SSL_CERT_FILE", f"is ignored: there is no file `{file}` in this container"))
        file = None
    if directory and not os.path.isdir(directory):  # noqa: PTH112 -- as above
        problems.append(Problem("SSL_CERT_DIR", f"is ignored: there is no directory `{directory}` in this container"))
        directory = None
    return file, directory, tuple(problems)
