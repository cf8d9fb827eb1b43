"""Advice for requests that got no usable reply."""

from __future__ import annotations

from publisher.network.reply import Cause, NoReply
from publisher.network.url import Url
from publisher.report.messages.message import AGAIN
from publisher.report.messages.refusals import Advice

_CHECK_NETWORK = "Run the job again. On a self-hosted runner, check its route to the host; `HTTPS_PROXY` sets a proxy."
_UNREACHABLE = Advice("The host is down, or a firewall blocks the runner.", _CHECK_NETWORK)
_LOOPBACK = Advice(
    "Inside the action's container, `localhost` is the container itself, not the runner.",
    "Run the index as a service container of the job, and use its name in the URL, as in `http://devpi:3141/`.",
)
_UNKNOWN_SERVICE = Advice(
    "A host name without a dot is that of a service container, and the job has none of this name.",
    "Start the server under `services` of the job that publishes, by this name, or use its full host name.",
)
# Hosts whose names come from the action or the runner, so that nobody has misspelled them.
_GIVEN_HOSTS = (".pypi.org", ".github.com", ".githubusercontent.com", ".sigstore.dev")
_UNKNOWN_HOST = Advice("The runner's DNS server did not answer, or does not know the host.", _CHECK_NETWORK)
NO_REPLY = {
    Cause.DNS: Advice(
        "The host name is misspelled, or the runner's DNS server does not know it.",
        f"Check the spelling of the host name. {_CHECK_NETWORK}",
    ),
    Cause.CONNECT: _UNREACHABLE,
    Cause.TIMEOUT_CONNECT: _UNREACHABLE,
    Cause.CERTIFICATE: Advice(
        "The certificate is from a private authority, or from a proxy that inspects TLS.",
        "Set the variable `SSL_CERT_FILE` of this step to the authority's certificate, as a path in the workspace.",
    ),
    Cause.CERTIFICATE_DATE: Advice(
        "The server's certificate has to be renewed, or the runner's clock is wrong.",
        "Ask the operators of the server to renew it. On a self-hosted runner, check the clock.",
    ),
    Cause.CERTIFICATE_HOST: Advice(
        "The URL names another host than the certificate, or another server answered.",
        "Use a host name that the certificate covers, or ask the operators of the server to add this one.",
    ),
    Cause.CLIENT_CERTIFICATE: Advice(
        "The action cannot present a client certificate.", "Publish through a proxy that can."
    ),
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
        "Correct the variable that names the proxy, have the host allowed there, or add the host to `NO_PROXY`.",
    ),
    Cause.TIMEOUT_SEND: Advice("The connection stalled.", _CHECK_NETWORK),
    Cause.TIMEOUT_ANSWER: Advice(
        "The server is overloaded or having an outage.", "Run the job again in a few minutes."
    ),
    Cause.RESET: Advice("The server, or something in front of it, closed the connection early.", AGAIN),
    Cause.MALFORMED: Advice(
        "The server is not a web server, or something in front of it altered the answer.", _CHECK_NETWORK
    ),
    Cause.REDIRECT: Advice(
        "The server, or something in front of it, is misconfigured.",
        "Use the URL to which the redirect should lead, or ask the operators of the server to correct it.",
    ),
    Cause.UNUSABLE: Advice("Another service answered, perhaps a login page or a proxy.", _CHECK_NETWORK),
    Cause.FILE_CHANGED: Advice(
        "Something in the job modified the file after it was read; unchecked content is never published.",
        "Let the build finish before this step, and do not run background processes that touch the files.",
    ),
}
OF_UPLOADS = {
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


def explain_no_reply(reply: NoReply, url: Url, *, is_upload: bool = False) -> Advice:
    """Return the advice for a request to a URL; uploads have an input `timeout`, and refusals of their own kind."""
    if reply.cause is Cause.CONNECT and url.is_loopback:
        return _LOOPBACK
    if reply.cause is Cause.DNS and "." not in url.host:
        return _UNKNOWN_SERVICE
    if reply.cause is Cause.DNS and f".{url.host}".endswith(_GIVEN_HOSTS):
        return _UNKNOWN_HOST
    return (OF_UPLOADS if is_upload else NO_REPLY).get(reply.cause, NO_REPLY[reply.cause])
