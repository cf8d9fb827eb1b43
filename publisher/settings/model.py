"""What the runner passes, as frozen values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from packaging.version import Version
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from publisher.attestations.model import AttestationMode
from publisher.identity.credentials import TOKEN_USER
from publisher.index.endpoints import PYPI_UPLOAD_URL, Index, explain_wrong_upload_url, index_at
from publisher.network.url import Url, UrlError
from publisher.preflight.plan import Profile
from publisher.settings.aliases import ALIASED_DEFAULTS
from publisher.settings.inputs import (
    Attempts,
    AttestationsInput,
    CheckUrl,
    ExpectedProjects,
    ExpectedVersion,
    Flag,
    IndexRules,
    Lines,
    Mode,
    Parallel,
    Rules,
    Seconds,
    SecondsOrNone,
    Secret,
    TrustedPublishing,
    UploadUrl,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES_PATH = "docs/rules.md"

_CONFIG = SettingsConfigDict(
    frozen=True,
    extra="ignore",
    enable_decoding=False,
    validate_default=False,
    hide_input_in_errors=True,
    arbitrary_types_allowed=True,
)


class _Environment(EnvSettingsSource):
    """The variables handed in instead of the process's own.

    The runner sends an input that is not given as empty; one of blanks (an empty expression in a block) is no more.
    """

    def __init__(self, settings_class: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_class, case_sensitive=True, env_ignore_empty=True)
        self.env_vars = {name: value for name, value in environ.items() if value.strip()}


class _FromRunner(BaseSettings):
    """Settings whose only source is a mapping."""

    model_config = _CONFIG

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that `environ` holds; raise pydantic's `ValidationError` with all that is wrong."""
        return cls.model_validate({"environ": environ})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- pydantic-settings calls it so
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave out the process's environment, `.env` files and secret directories."""
        return (_Environment(settings_cls, init_settings()["environ"]),)


def _variable(*names: str, default: object = None) -> Any:  # noqa: ANN401 -- pydantic's Field is typed so
    return Field(default=default, validation_alias=AliasChoices(*names))


class RunnerVariables(_FromRunner):
    """What GitHub's runner says about the job; every variable may be missing, none can be wrong."""

    in_actions: Annotated[bool, BeforeValidator(lambda text: text == "true")] = Field(
        default=False, validation_alias="GITHUB_ACTIONS"
    )
    debug: Annotated[bool, BeforeValidator(lambda text: text == "1")] = Field(
        default=False, validation_alias="RUNNER_DEBUG"
    )
    workspace: Path | None = _variable("GITHUB_WORKSPACE")
    output: Path | None = _variable("GITHUB_OUTPUT")
    step_summary: Path | None = _variable("GITHUB_STEP_SUMMARY")
    event_name: str | None = _variable("GITHUB_EVENT_NAME")
    event_path: Path | None = _variable("GITHUB_EVENT_PATH")
    id_token_request_url: SecretStr | None = _variable("ACTIONS_ID_TOKEN_REQUEST_URL")
    id_token_request_token: SecretStr | None = _variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    ssl_cert_file: Path | None = _variable("SSL_CERT_FILE")
    ssl_cert_dir: Path | None = _variable("SSL_CERT_DIR")
    https_proxy: SecretStr | None = _variable("https_proxy", "HTTPS_PROXY")
    http_proxy: SecretStr | None = _variable("http_proxy", "HTTP_PROXY")
    all_proxy: SecretStr | None = _variable("all_proxy", "ALL_PROXY")
    no_proxy: str = _variable("no_proxy", "NO_PROXY", default="")
    server_url: str | None = _variable("GITHUB_SERVER_URL")
    action_repository: str | None = _variable("GITHUB_ACTION_REPOSITORY")
    action_ref: str | None = _variable("GITHUB_ACTION_REF")
    ref: str | None = _variable("GITHUB_REF")

    @property
    def tagged_version(self) -> Version | None:
        """Return the version that the tag of the run names, `v` before it or not; None where there is none."""
        name = (self.ref or "").removeprefix("refs/tags/")
        try:
            return Version(name) if name != self.ref else None
        except ValueError:
            return None

    @property
    def rules_url(self) -> str:
        """Return the page of the preflight rules in the version that runs; a path where that is unknown."""
        if not (self.server_url and self.action_repository and self.action_ref):
            return RULES_PATH
        return f"{self.server_url}/{self.action_repository}/blob/{self.action_ref}/{RULES_PATH}"


def _input(name: str, default: object = None) -> Any:  # noqa: ANN401 -- as above
    """Take an input as the runner passes it: upper case, hyphens kept."""
    names = [f"INPUT_{name.upper()}"]
    if (alias := name.replace("-", "_")) in ALIASED_DEFAULTS:
        names.append(f"INPUT_{alias.upper()}")
    return Field(default=default, validation_alias=AliasChoices(*names))


def _refuse_other_page(url: Url | None) -> Url | None:
    if url is not None and (wrong := explain_wrong_upload_url(url)):
        raise UrlError(wrong)
    return url


_Destination = Annotated[UploadUrl, AfterValidator(_refuse_other_page)]


class Settings(_FromRunner):
    """Every input; None and empty mean "not given"."""

    user: User = _input("user", TOKEN_USER)
    password: Secret = _input("password")
    repository_url: _Destination = _input("repository-url", PYPI_UPLOAD_URL)
    packages_dir: Lines = _input("packages-dir", ("dist",))
    verify_metadata: Flag = _input("verify-metadata", default=True)
    skip_existing: Flag = _input("skip-existing", default=False)
    attestations: AttestationsInput = _input("attestations", AttestationMode.TRUE)
    sigstore_trust_config: Path | None = _input("sigstore-trust-config")
    print_hash: Flag = _input("print-hash", default=True)
    verbose: Flag = _input("verbose", default=False)
    trusted_publishing: Mode = _input("trusted-publishing", TrustedPublishing.AUTOMATIC)
    dry_run: Flag = _input("dry-run", default=False)
    test_index_url: _Destination = _input("test-index-url")
    test_password: Secret = _input("test-password")
    check_url: CheckUrl = _input("check-url")
    index_rules: Rules = _input("index-rules", IndexRules.AUTO)
    expected_version: ExpectedVersion = _input("expected-version")
    expected_projects: ExpectedProjects = _input("expected-projects", frozenset())
    max_parallel: Parallel = _input("max-parallel", 8)
    max_attempts: Attempts = _input("max-attempts", 5)
    timeout: Seconds = _input("timeout", 300)
    wait_for_index: SecondsOrNone = _input("wait-for-index", 0)

    @property
    def index(self) -> Index:
        """Return the index to publish to."""
        return index_at(self.repository_url or PYPI_UPLOAD_URL, self.check_url)

    @property
    def test_index(self) -> Index | None:
        """Return the index to rehearse on, None where no rehearsal was asked for."""
        return index_at(self.test_index_url, None) if self.test_index_url else None

    @property
    def profile(self) -> Profile:
        """Return whose rules preflight applies."""
        if self.index_rules is IndexRules.AUTO:
            return Profile.PYPI if self.index.known else Profile.BASIC
        return Profile(self.index_rules)
