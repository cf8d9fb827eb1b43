"""Advice for requests that got no usable reply."""

from __future__ import annotations

from publisher.network.reply import Cause
from publisher.report.messages.message import AGAIN
from publisher.report.messages.refusals import Advice

_CHECK_NETWORK = "Run the job again. On a self-hosted runner, check its route to the host; `HTTPS_PROXY` sets a proxy."
_UNREACHABLE = Advice("The host is down, or a firewall blocks the runner.", _CHECK_NETWORK)
NO_REPLY = {
    Cause.DNS: Advice("The host name is misspelled, or the runner's DNS server does not know it.", _CHECK_NETWORK),
    Cause.CONNECT: _UNREACHABLE,
    Cause.TIMEOUT_CONNECT: _UNREACHABLE,
    Cause.CERTIFICATE: Advice(
        "The certificate has expired, or is from a private authority, for another host, or from a proxy.",
        "Set the variable `SSL_CERT_FILE` of this step to the authority's certificate, as a path in the workspace.",
    ),
    Cause.CLIENT_CERTIFICATE: Advice(
        "The action cannot present a client certificate.", "Publish through a proxy that can."
    ),
    Cause.TLS: Advice("The port does not speak TLS, or the two sides share no protocol version.", _CHECK_NETWORK),
    Cause.PROXY: Advice(
        "The proxy does not allow this host, requires other credentials, or is down.",
        "Correct the proxy's rules or the variable that names it, or add the host to `NO_PROXY`.",
    ),
    Cause.TIMEOUT_SEND: Advice(
        "The connection stalled for longer than the input `timeout` allows.",
        f"{AGAIN} On a slow connection, set a higher `timeout` or a lower `max-parallel`.",
    ),
    Cause.TIMEOUT_ANSWER: Advice(
        "The index received the file but took longer to answer than the input `timeout` allows.",
        f"{AGAIN} If the index is slow, set a higher `timeout`.",
    ),
    Cause.RESET: Advice("The index, or something in front of it, closed the connection early.", AGAIN),
    Cause.MALFORMED: Advice(
        "The server is not a web server, or the index put the text of a refusal where HTTP does not allow it.",
        "Check `repository-url`. If it is right, check the attestations and `Provides-Dist` fields of this file.",
    ),
    Cause.UNUSABLE: Advice("Another service answered, perhaps a login page or a proxy.", _CHECK_NETWORK),
    Cause.FILE_CHANGED: Advice(
        "Something in the job modified the file after it was read; unchecked content is never published.",
        "Let the build finish before this step, and do not run background processes that touch the files.",
    ),
}
