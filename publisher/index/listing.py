"""Read what the index has: listings, once or until every file is listed, and PyPI's classifiers."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from packaging.utils import NormalizedName
from pydantic import SecretStr

from publisher.distributions.model import Distribution
from publisher.errors import NotListed
from publisher.identity.authentication import build_basic
from publisher.index.outcome import OTHER_CONTENT, Existing, Outcome, Refused, Skipped
from publisher.index.simple_api import ACCEPT, Comparison, Listing, Unknown, compare, parse_listing
from publisher.network.client import Connection
from publisher.network.reply import Answer, NoReply, Reply, follow_redirects
from publisher.network.retry import poll
from publisher.network.send import send
from publisher.network.url import Url

Listings = Mapping[NormalizedName, Listing | Unknown]

NO_CHECK_URL = "its Simple API is not known (input `check-url`)"
NOT_FOUND = 404
FEWEST_CLASSIFIERS = 100  # a page with fewer lines is not the list; the real one has had more for decades
LISTING_LIMIT = 1 << 25  # bytes; the longest listings on PyPI have some ten thousand files and about 20 MB
LONGEST_PAUSE = 15.0  # seconds; PyPI's cache is purged within seconds, a private index may take minutes
NOT_LISTED = "not listed"
_REASONS = {
    Comparison.IDENTICAL: None,
    Comparison.ABSENT: NOT_LISTED,
    Comparison.DIFFERENT: "listed with another digest",
    Comparison.NO_DIGEST: "listed without a digest to compare",
}


@dataclass(frozen=True, slots=True)
class Lister:
    """Read listings below the root of a Simple API, `parallel` at once; `authorization` is sent nowhere else."""

    simple_url: Url
    connection: Connection
    parallel: int = 1
    authorization: SecretStr | None = field(default=None, repr=False)

    def read_listings(self, projects: Iterable[NormalizedName]) -> Listings:
        """Return the listing of each project."""
        ordered = sorted(set(projects))
        with ThreadPoolExecutor(self.parallel) as executor:
            return dict(zip(ordered, executor.map(self.read_listing, ordered), strict=True))

    def read_listing(self, project: NormalizedName) -> Listing | Unknown:
        """Return the files of one project; every failure is `Unknown` with its reason."""
        path = self.simple_url.path.rstrip("/")
        url = self.simple_url.at(f"{path}/{project}/", self.simple_url.query)
        answer = self.connection.retrying.run(
            f"Listing of {project}", lambda: follow_redirects(url, "GET", self._ask), lambda answer: answer
        ).value
        if isinstance(answer, NoReply):
            return Unknown(answer.summary, answer)
        if answer.status == NOT_FOUND and path.endswith(f"/{project}"):
            page = "is it the page of a project, not the root of the Simple API?"
            return Unknown(f"nothing is below `{self.simple_url}` ({page})", answer)
        return parse_listing(answer)

    def _ask(self, url: Url) -> Answer:
        headers = {"Accept": ACCEPT}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization.get_secret_value()
        client = self.connection.client
        return send(client, client.build_request("GET", str(url), headers=headers), reply_limit=LISTING_LIMIT)


def build_lister(simple_url: Url, connection: Connection, parallel: int) -> Lister:
    """Build a `Lister` that authenticates with the URL's user info, if it has any."""
    authorization = None
    if user_info := simple_url.user_info:
        # Without a password, the user name is a token.
        connection.mask(user_info.password if user_info.password.get_secret_value() else SecretStr(user_info.user))
        authorization = build_basic(user_info.user, user_info.password, connection.mask)
    return Lister(simple_url, connection, parallel, authorization)


def settle_by_listing(
    distributions: Iterable[Distribution], listings: Listings, *, skip_existing: bool
) -> dict[str, Outcome]:
    """Return by file name the outcomes that the listing decides."""
    outcomes: dict[str, Outcome] = {}
    for each in distributions:
        comparison = compare(each, listings[each.project])
        if comparison is Comparison.IDENTICAL:
            outcomes[each.filename] = Existing()
        elif comparison is Comparison.DIFFERENT:
            outcomes[each.filename] = Skipped(OTHER_CONTENT) if skip_existing else Refused(None, OTHER_CONTENT)
    return outcomes


def wait_until_listed(lister: Lister, distributions: Sequence[Distribution], seconds: float) -> None:
    """Wait until every distribution is listed with our digest; raise `NotListed` after `seconds`.

    On an index without digests, the file name suffices.
    """
    retrying = lister.connection.retrying
    log, pace = retrying.log, retrying.policy.base
    missing = dict.fromkeys((each.filename for each in distributions), NOT_LISTED)

    def are_all_listed() -> bool:
        nonlocal missing
        missing = _find_missing(lister, [each for each in distributions if each.filename in missing])
        return not missing

    def log_pause(pause: float) -> None:
        unusual = sorted(set(missing.values()) - {NOT_LISTED})
        because = f" ({'; '.join(unusual)})" if unusual else ""
        listed = f"{len(distributions) - len(missing)} of {len(distributions)} listed"
        log.info(f"Waiting for the index: {listed}{because}; checking again in {pause:g} s")

    poll(are_all_listed, log_pause, pace, LONGEST_PAUSE * pace, seconds)
    if missing:
        raise NotListed(lister.simple_url, seconds, missing)
    log.info(f"The index lists all {len(distributions)}")


def _find_missing(lister: Lister, distributions: Sequence[Distribution]) -> dict[str, str]:
    listings = lister.read_listings(each.project for each in distributions)
    missing = {}
    for each in distributions:
        if reason := _explain_missing(each, listings[each.project]):
            missing[each.filename] = reason
    return missing


def _explain_missing(distribution: Distribution, listing: Listing | Unknown) -> str | None:
    if isinstance(listing, Unknown):
        return listing.reason
    comparison = compare(distribution, listing)
    return None if comparison is Comparison.NO_DIGEST and listing.has_no_digests else _REASONS[comparison]


def read_classifiers(url: Url, connection: Connection) -> frozenset[str] | None:
    """Return the classifiers listed at `url`, one per line; None if the list is not available."""
    answer = connection.get("List of classifiers", url, {"Accept": "text/plain"}).value
    if not isinstance(answer, Reply) or not answer.is_success:
        return None
    classifiers = frozenset(line.strip() for line in answer.text.splitlines() if " :: " in line)
    return classifiers if len(classifiers) >= FEWEST_CLASSIFIERS else None
