"""The classifiers that PyPI knows today: it gains some between two releases of this program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.network.reply import Answer, Reply
from publisher.network.request import Request

if TYPE_CHECKING:
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.network.url import Url


async def read_classifiers(url: Url, client: Client, retrying: Retrying) -> frozenset[str] | None:
    """Return the classifiers listed at `url`, one per line; None where there is no such list to be had."""

    async def once() -> Answer:
        return await client.send(Request("GET", url, {"Accept": "text/plain"}))

    # Safe to repeat: a question without effect.
    answer = (await retrying.run("List of classifiers", once, lambda answer: answer)).value
    if not isinstance(answer, Reply) or not answer.is_success:
        return None
    classifiers = frozenset(line.strip() for line in answer.text.splitlines() if " :: " in line)
    # Any other page has no such lines, or hardly any.
    return classifiers if len(classifiers) >= FEWEST else None


FEWEST = 100
"""Lines without which a page is not the list, which has had more than this many for decades."""
