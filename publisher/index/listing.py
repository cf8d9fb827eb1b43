"""Ask the index what it already has: one Simple API request per project."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from publisher.identity.credentials import build_basic
from publisher.index.simple_api import ACCEPT, Listing, Unknown, parse_listing
from publisher.network.redirect import explain_dead_end, follow_redirects
from publisher.network.reply import Answer, NoReply
from publisher.network.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from publisher.identity.tokens import Mask
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.network.url import Url, UserInfo

NOT_FOUND = 404

PAGE_OF_A_PROJECT = "is it the page of a project, not the root of the Simple API?"

LISTING_LIMIT = 1 << 25
"""Bytes of a listing that are read; the longest on PyPI have some ten thousand files and about 20 MB."""


@dataclass(frozen=True, slots=True)
class Lister:
    """Read listings below the root of a Simple API. Its user info is used here and nowhere else."""

    simple_url: Url
    client: Client
    retrying: Retrying
    mask: Mask
    _authorization: SecretStr | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_authorization", _build_authorization(self.simple_url.user_info, self.mask))

    async def read_listings(self, projects: Iterable[NormalizedName]) -> dict[NormalizedName, Listing | Unknown]:
        """Return what is known of each project; the client bounds how many requests are under way."""
        ordered = sorted(set(projects))
        listings = await asyncio.gather(*(self.read_listing(project) for project in ordered))
        return dict(zip(ordered, listings, strict=True))

    async def read_listing(self, project: NormalizedName) -> Listing | Unknown:
        """Return the files of one project; whatever goes wrong is `Unknown` with the reason, never an error."""
        path = self.simple_url.path.rstrip("/")
        url = self.simple_url.at(f"{path}/{project}/", self.simple_url.query)

        async def once() -> Answer:
            return await follow_redirects(url, "GET", self._ask)

        # Safe to repeat: a question without effect.
        tried = await self.retrying.run(f"Listing of {project}", once, lambda answer: answer)
        match tried.value:
            case NoReply() as answer:
                return Unknown(answer.summary)
            case reply:
                reason = explain_dead_end(reply, url, "GET")
                if reply.status == NOT_FOUND and path.endswith(f"/{project}"):
                    reason = f"nothing is below `{self.simple_url}` ({PAGE_OF_A_PROJECT})"
                return parse_listing(reply) if reason is None else Unknown(reason)

    async def _ask(self, url: Url) -> Answer:
        return await self.client.send(
            Request("GET", url, {"Accept": ACCEPT}, self._authorization, reply_limit=LISTING_LIMIT)
        )


def _build_authorization(user_info: UserInfo | None, mask: Mask) -> SecretStr | None:
    if user_info is None:
        return None
    # Without a password, the user name is a token.
    mask(user_info.password if user_info.password.get_secret_value() else SecretStr(user_info.user))
    return build_basic(user_info.user, user_info.password, mask)
