"""How a run authenticates to an index: decided from the inputs and the environment alone, before any request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.identity.credentials import TOKEN_USER, MintedTokens, Password
from publisher.identity.exchange import Exchange, ExchangeUrls
from publisher.identity.github import GitHub, Job, find_id_token_service, read_is_from_fork

if TYPE_CHECKING:
    from pydantic import SecretStr

    from publisher.identity.credentials import Credentials
    from publisher.index.endpoints import Index
    from publisher.settings.model import Settings
    from publisher.world import World


@dataclass(frozen=True, slots=True)
class Access:
    """Credentials with what to call them in a sentence. `github` is None where a password is used."""

    credentials: Credentials
    method: str
    github: GitHub | None


def choose_access(settings: Settings, world: World, index: Index, password: SecretStr | None) -> Access:
    """Choose Trusted Publishing unless a password is given; raise `IdTokenUnavailable` where this job cannot use it.

    Inputs that contradict each other (`always` with a password, `never` without one) were refused before.
    """
    mask = world.runner.mask
    if password is not None:
        # PyPI and TestPyPI know no other user; the input may be meant for the other index of a run with a rehearsal.
        user = TOKEN_USER if index.known else settings.user
        method = f"as user `{user}` with a password" if user else "with a password and no user name"
        return Access(Password(user, password, mask), method, None)
    github = find_github(world)
    urls = ExchangeUrls(index.audience_url, index.mint_url, index.burn_url)
    exchange = Exchange(urls, github, world.client, world.retrying, mask, world.now)
    return Access(MintedTokens(exchange, mask), "by Trusted Publishing", github)


def find_github(world: World) -> GitHub:
    """Return the way to ID tokens; raise `IdTokenUnavailable` where this job has none."""
    variables = world.variables
    job = Job(
        in_actions=variables.in_actions,
        event_name=variables.event_name,
        is_from_fork=read_is_from_fork(variables.event_path),
        request_url=variables.id_token_request_url,
        request_token=variables.id_token_request_token,
    )
    return GitHub(find_id_token_service(job), world.client, world.retrying, world.runner.mask)
