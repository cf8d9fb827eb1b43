"""Ask the index what it already has: one Simple API request per project."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.identity.credentials import build_basic
from publisher.index.simple_api import ACCEPT, Listing, Unknown, parse_listing
from publisher.network.redirect import MAX_REDIRECTS, DeadEnd, parse_redirect
from publisher.network.reply import Answer, NoAnswer, Reply
from publisher.network.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from publisher.identity.tokens import Mask
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.network.url import Url

LISTING_LIMIT = 1 << 25
"""Bytes of a listing that are read; the longest on PyPI have some ten thousand files and about 20 MB."""


@dataclass(frozen=True, slots=True)
class Lister:
    """Read listings below the root of a Simple API. Its user info is used here and nowhere else."""

    simple_url: Url
    client: Client
    retrying: Retrying
    mask: Mask

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
            return await self._follow(url)

        # Safe to repeat: a question without effect.
        tried = await self.retrying.run(f"Listing of {project}", once, lambda answer: answer)
        answer = tried.value
        if isinstance(answer, NoAnswer):
            return Unknown(answer.summary)
        listing = parse_redirect(answer, url, method="GET")
        if isinstance(listing, DeadEnd):
            return Unknown(listing.reason)
        return parse_listing(answer)

    async def _follow(self, url: Url) -> Answer:
        user_info = self.simple_url.user_info
        authorization = build_basic(user_info.user, user_info.password, self.mask) if user_info else None
        for _ in range(MAX_REDIRECTS):
            answer = await self.client.send(
                Request("GET", url, {"Accept": ACCEPT}, authorization, reply_limit=LISTING_LIMIT)
            )
            target = parse_redirect(answer, url, method="GET") if isinstance(answer, Reply) else None
            if target is None or isinstance(target, DeadEnd):
                return answer
            url = target
        return answer
