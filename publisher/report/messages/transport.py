"""Advice for requests that got no usable reply, and messages about listings."""

from collections.abc import Iterator
from dataclasses import dataclass

from publisher.errors import NotListed
from publisher.index.endpoints import Index
from publisher.index.listing import Listings
from publisher.index.simple_api import Unknown
from publisher.network.reply import Cause, NoReply, Reply
from publisher.network.retry import is_outage
from publisher.network.url import Url
from publisher.report.messages.message import AGAIN, Message, name_index, quote_line


@dataclass(frozen=True, slots=True)
class Advice:
    """The likely cause of a failure, what to do, and where to read more."""

    why: str
    remedy: str
    link: str = ""


_CHECK_NETWORK = "Run the job again. On a self-hosted runner, check its route to the host; `HTTPS_PROXY` sets a proxy."
_CHECK_SPELLING = f"If you set the host, check its spelling. {_CHECK_NETWORK}"
_UNREACHABLE = Advice("The host is down, or a firewall blocks the connection.", _CHECK_NETWORK)
_LOOPBACK = Advice(
    "Inside the action's container, `localhost` is the container itself, not the runner.",
    "Run the index as a service container of the job, and use its name in the URL, as in `http://devpi:3141/`.",
)
_UNKNOWN_SERVICE = Advice(
    "A host name without a dot is that of a service container, and the job has none of this name.",
    "Start the server under `services` of the job that publishes, by this name, or use its full host name.",
)
_NO_REPLY = {
    Cause.DNS: Advice("The runner's DNS server does not know this host name, or did not answer.", _CHECK_SPELLING),
    **dict.fromkeys((Cause.CONNECT, Cause.TIMEOUT_CONNECT), _UNREACHABLE),
    Cause.CERTIFICATE: Advice(
        "The certificate is from a private authority, or from a proxy that inspects TLS.",
        "Set the variable `SSL_CERT_FILE` of this step to the authority's certificate, as a path in the workspace.",
    ),
    Cause.CERTIFICATE_DATE: Advice(
        "The server's certificate is not valid today, or the runner's clock is wrong.",
        "Ask the operators of the server to renew it. On a self-hosted runner, check the clock.",
    ),
    Cause.CERTIFICATE_HOST: Advice(
        "The URL names another host than the certificate, or another server answered.",
        "Use a host name that the certificate covers, or ask the operators of the server to add this one.",
    ),
    Cause.CLIENT_CERTIFICATE: Advice("", "Publish through a proxy that presents one; the action cannot."),
    Cause.TLS: Advice(
        "The port does not speak TLS, the two sides share no protocol version, or a client certificate is required.",
        "Check scheme and port of the URL, and the TLS settings of the server or of the proxy in front of it.",
    ),
    Cause.PROXY: Advice(
        "The proxy is down or overloaded, or cannot reach the host.",
        "Check the proxy, correct the variable that names it, or add the host to `NO_PROXY`.",
    ),
    Cause.PROXY_REFUSED: Advice(
        "The proxy requires other credentials, or does not allow this host.",
        "Correct the variable that names the proxy, allow the host there, or add the host to `NO_PROXY`.",
    ),
    Cause.TIMEOUT_SEND: Advice("The connection stalled.", _CHECK_NETWORK),
    Cause.TIMEOUT_ANSWER: Advice("The server is overloaded or has an outage.", "Run the job again in a few minutes."),
    Cause.RESET: Advice("The server, or something in front of it, closed the connection early.", AGAIN),
    Cause.MALFORMED: Advice("Something other than a web server answered, perhaps a proxy.", _CHECK_NETWORK),
    Cause.REDIRECT: Advice("The server's `Location` is not a URL.", "Use the URL to which it should lead."),
    Cause.UNUSABLE: Advice("Another service answered, perhaps a login page or a proxy.", _CHECK_NETWORK),
    Cause.FILE_CHANGED: Advice(
        "Something in the job modified the file after it was read; unchecked content is never published.",
        "Let the build finish before this step, and do not run background processes that touch the files.",
    ),
}
_OF_UPLOADS = {
    Cause.REDIRECT: Advice(
        "The address has moved or is not the upload URL; a missing trailing slash is enough.",
        "Set `repository-url` to the upload URL itself. Files and credentials are never sent to another host.",
    ),
    Cause.UNUSABLE: Advice(
        "This is not the upload URL, or something else answered in its place, such as a proxy or a login page.",
        "Check `repository-url`. If it is right, check what is between the runner and the index.",
    ),
    Cause.TIMEOUT_SEND: Advice(
        "The connection stalled for longer than the input `timeout` allows.",
        f"{AGAIN} On a slow connection, set a higher `timeout` or a lower `max-parallel`.",
    ),
    Cause.TIMEOUT_ANSWER: Advice(
        "The index received the file but took longer to answer than the input `timeout` allows.",
        f"{AGAIN} If the index is slow, set a higher `timeout`.",
    ),
    Cause.MALFORMED: Advice(
        "Some refusals contain line breaks where HTTP does not allow them; a server of another kind looks the same.",
        "Check the attestations, `Provides-Dist`, and `Obsoletes-Dist` of this file, or `repository-url`.",
    ),
}
_LISTING_OUTAGE = Advice("", "No action is needed. If this persists, check whether the index has an outage.")
_LISTING_CREDENTIALS = Advice(
    "The credentials for uploading are never sent to `check-url`.",
    "Put a valid user name and password into `check-url`: `https://user:${{ secrets.PASSWORD }}@host/simple/`.",
)
_LISTING_MOVED = Advice("Credentials stay on one host.", "Set `check-url` to the Simple API to which it leads.")
_LISTING_ROOT = Advice("", "Set `check-url` to the root of the Simple API, below which every project has a page.")


def explain_no_reply(reply: NoReply, url: Url | None, *, is_upload: bool = False) -> Advice:
    """Return the advice for a request to a URL; uploads have an input `timeout`, and refusals of their own kind."""
    if reply.cause is Cause.CONNECT and url and url.is_loopback:
        return _LOOPBACK
    if reply.cause is Cause.DNS and url and "." not in url.host:
        return _UNKNOWN_SERVICE
    return (_OF_UPLOADS if is_upload else _NO_REPLY).get(reply.cause, _NO_REPLY[reply.cause])


def explain_listings(listings: Listings, index: Index, *, will_wait: bool) -> Iterator[Message]:
    """Warn about listings that cannot be used, or, if the run is to wait for the index, that have no digests."""
    for project, listing in listings.items():
        if isinstance(listing, Unknown):
            yield _explain_unknown(project, listing, index)
        elif will_wait and listing.has_no_digests:
            yield Message(
                "Index without digests",
                f"The listing of {name_index(index)} states no SHA-256 digests, so that `wait-for-index` waits for the "
                "file names only",
                "No action is needed. To be certain of the content, have the index list SHA-256 digests.",
                filenames=(project,),
            )


def _explain_unknown(project: str, unknown: Unknown, index: Index) -> Message:
    advice = _find_listing_advice(unknown, index)
    return Message(
        "Existing files unknown",
        f"The listing of {name_index(index)} cannot be used, because {quote_line(unknown.reason)}",
        advice.remedy,
        f"{advice.why} Nothing could be compared: the answers to the uploads decide.".lstrip(),
        filenames=(project,),
    )


def _find_listing_advice(unknown: Unknown, index: Index) -> Advice:
    match unknown.answer:
        case NoReply(cause=Cause.REDIRECT):
            return _LISTING_MOVED
        case NoReply() as reply:
            return explain_no_reply(reply, index.simple_url)
        case Reply() as reply if index.known or is_outage(reply):
            return _LISTING_OUTAGE
        case Reply(status=401 | 403):
            return _LISTING_CREDENTIALS
        case _:
            return _LISTING_ROOT


def explain_not_listed(error: NotListed) -> tuple[Message, ...]:
    """Explain what is missing, with a message for each reason."""
    return tuple(
        Message(
            "Not listed in time",
            f"Uploaded, but not confirmed by `{quote_line(str(error.url))}` within {error.seconds:g} s "
            f"({quote_line(reason)})",
            "If the files are listed by now, set a higher `wait-for-index`; if not, check `check-url`.",
            "The listing may be cached, belong to another index, or require a user name and password in `check-url`.",
            filenames=tuple(name for name, why in error.missing.items() if why == reason),
        )
        for reason in dict.fromkeys(error.missing.values())
    )
