"""The variables that the runner and the job set, other than inputs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from packaging.version import Version
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from publisher.distributions.metadata import parse_version
from publisher.errors import IdTokenUnavailable, Problem, Situation
from publisher.network.url import Url, UrlError

DOCS_PATH = "docs"
REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 -- the name of a variable
EVENT_LIMIT = 1 << 25  # bytes of an event file; GitHub caps a payload at 25 MB


class FromVariables(BaseSettings):
    """A frozen value made of environment variables."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=True, validate_default=False, arbitrary_types_allowed=True
    )

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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the names are those of pydantic-settings
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing but the mapping: no process environment, `.env` file, or secrets directory."""
        return (init_settings,)


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
    id_token_request_url: SecretStr | None = variable(REQUEST_URL)
    id_token_request_token: SecretStr | None = variable(REQUEST_TOKEN)
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
        return parse_version(name) if name != self.ref else None

    @property
    def docs_url(self) -> str:
        """Return the directory of the documentation of the running version; a relative path if that is unknown."""
        if not (self.server_url and self.action_repository and self.action_ref):
            return DOCS_PATH
        return f"{self.server_url}/{self.action_repository}/blob/{self.action_ref}/{DOCS_PATH}"


MOVE_CERTIFICATES = "If the index or a proxy needs it, copy it into the workspace and name it as `/github/workspace/…`."


def find_certificates(environment: Environment) -> tuple[Path | None, Path | None, tuple[Problem, ...]]:
    """Return `SSL_CERT_FILE` and `SSL_CERT_DIR`, None if they do not exist, and a problem for each that does not.

    Jobs set these for the host; the path may not exist in the container.
    """
    file, directory, problems = environment.ssl_cert_file, environment.ssl_cert_dir, []
    if file and not os.path.isfile(file):  # noqa: PTH113 -- unlike Path.is_file, returns False for text too long to be a path
        missing = f"is ignored, because there is no file `{file}` in this container"
        problems.append(Problem("SSL_CERT_FILE", missing, MOVE_CERTIFICATES))
        file = None
    if directory and not os.path.isdir(directory):  # noqa: PTH112 -- as above
        missing = f"is ignored, because there is no directory `{directory}` in this container"
        problems.append(Problem("SSL_CERT_DIR", missing, MOVE_CERTIFICATES))
        directory = None
    return file, directory, tuple(problems)


def find_request_url(environment: Environment, instead: str) -> tuple[Url, SecretStr]:
    """Return the URL and the token with which this job requests ID tokens.

    Raise `IdTokenUnavailable` if it cannot; `instead` is the input that makes ID tokens unnecessary.
    """
    url, token = environment.id_token_request_url, environment.id_token_request_token
    missing = tuple(name for name, value in ((REQUEST_URL, url), (REQUEST_TOKEN, token)) if value is None)
    if not environment.in_actions:
        raise IdTokenUnavailable(Situation.NOT_IN_ACTIONS, missing, instead)
    if environment.event_name == "pull_request_target":
        # PyPI refuses this event, which would let a stranger's pull request publish.
        raise IdTokenUnavailable(Situation.PULL_REQUEST_TARGET, missing, instead)
    if url is None or token is None:
        if environment.event_name == "pull_request" and read_is_from_fork(environment.event_path):
            raise IdTokenUnavailable(Situation.FORK_PULL_REQUEST, missing, instead)
        situation = Situation.INCOMPLETE_VARIABLES if url or token else Situation.PERMISSION_MISSING
        raise IdTokenUnavailable(situation, missing, instead)
    text = token.get_secret_value()
    if not text.isascii() or not text.isprintable():
        raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, (REQUEST_TOKEN,), instead)
    try:
        return Url.parse(url.get_secret_value()), token
    except UrlError as error:
        raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, (REQUEST_URL,), instead) from error


def read_is_from_fork(event_path: Path | None) -> bool:
    """Return whether the event file describes a pull request from a fork; False if it cannot be read."""
    if event_path is None:
        return False
    try:
        with event_path.open("rb") as file:
            request = json.loads(file.read(EVENT_LIMIT))["pull_request"]
        head, base = request["head"]["repo"], request["base"]["repo"]
        # Null if the fork was deleted. Not the key `fork`, which is also true within a repository that is a fork.
        return head is None or head["id"] != base["id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
