"""The HTTP client of a run: certificate authorities, proxies, timeouts, limits."""

from __future__ import annotations

import ipaddress
import platform
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import certifi
import httpx
import structlog
from pydantic import SecretStr
from structlog.typing import FilteringBoundLogger

from publisher import __version__
from publisher.network.reply import Answer
from publisher.network.retry import Retrying, Tried
from publisher.network.send import ProxyRefused, TrackedStream, describe_root, find_root, send
from publisher.network.url import Url, UrlError

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0  # seconds without progress, for requests that do not set their own timeout
IDLE_LIMIT = 1.0  # seconds: PyPI closes an idle connection after two, and a request could collide with that
Client = httpx.Client
Mask = Callable[[SecretStr], None]  # keeps a secret out of our log and the runner's
# Keep little unsent data in the kernel, so that progress counts what is on its way.
SOCKET_OPTIONS = ((socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 512 << 10),)
USER_AGENT = f"publish-action/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"


@dataclass(frozen=True, slots=True)
class Connection:
    """What the requests of a run need."""

    client: httpx.Client
    retrying: Retrying
    mask: Mask

    def get(self, what: str, url: Url, headers: Mapping[str, str]) -> Tried[Answer]:
        """Send a GET request, which is always safe to repeat, until the answer is final or no attempt is left."""
        request = partial(self.client.build_request, "GET", str(url), headers=headers)
        return self.retrying.run(what, lambda: send(self.client, request()), lambda answer: answer)


def build_ssl_context(ca_file: Path | None, ca_directory: Path | None) -> ssl.SSLContext:
    """Trust the given authorities, or certifi's if none are given; raise OSError if they cannot be loaded."""
    if not ca_file and not ca_directory:
        return ssl.create_default_context(cafile=certifi.where())
    context = ssl.create_default_context(cafile=ca_file, capath=ca_directory)
    # Set by Python 3.13; many private authorities do not comply with RFC 5280.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def build_client(
    ssl_context: ssl.SSLContext,
    connections: int,
    proxies: Mapping[str, Proxy],
    answer_timeout: float = ANSWER_TIMEOUT,
) -> httpx.Client:
    """Build the thread-safe client of a run for `connections` concurrent requests, with proxies by origin."""
    # One more, so that tokens can be revoked while the abandoned uploads of a cancelled run occupy the others.
    limits = httpx.Limits(max_connections=connections + 1, keepalive_expiry=IDLE_LIMIT)
    return httpx.Client(
        transport=httpx.HTTPTransport(verify=ssl_context, limits=limits, socket_options=SOCKET_OPTIONS),
        mounts={origin: _ProxyTransport(proxy, ssl_context, limits) for origin, proxy in proxies.items()},
        timeout=build_timeout(answer_timeout),
        # No index needs cookies, and a jar would send them to other services on the same host.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )


def log_requests(client: httpx.Client, log: FilteringBoundLogger, now: Callable[[], float]) -> None:
    """Log every request and reply at debug level, without headers, bodies, and the secret parts of URLs."""

    def describe(request: httpx.Request) -> str:
        url = Url.parse(str(request.url))
        attempt = structlog.contextvars.get_contextvars().get("attempt", 1)
        return f"{request.method} {url.at(url.path)}, attempt {attempt}"

    def log_request(request: httpx.Request) -> None:
        request.extensions["started"] = now()
        log.debug(describe(request))

    def log_response(response: httpx.Response) -> None:
        seconds = now() - response.request.extensions["started"]
        log.debug(f"{response.status_code} after {seconds:.1f} s: {describe(response.request)}")

    client.event_hooks = {"request": [log_request], "response": [log_response]}


def build_timeout(seconds: float) -> httpx.Timeout:
    """Build the timeouts of a request that may take `seconds` without progress."""
    return httpx.Timeout(connect=CONNECT_TIMEOUT, read=seconds, write=seconds, pool=None)


class _ProxyTransport(httpx.HTTPTransport):
    """Send through a proxy, and name it when it fails."""

    def __init__(self, proxy: Proxy, ssl_context: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._proxy, user_info, is_https = proxy, proxy.url.user_info, proxy.url.scheme == "https"
        auth = (user_info.user, user_info.password.get_secret_value()) if user_info else None
        through = httpx.Proxy(str(proxy.url), ssl_context=ssl_context if is_https else None, auth=auth)
        super().__init__(verify=ssl_context, limits=limits, socket_options=SOCKET_OPTIONS, proxy=through)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raise `httpx.ProxyError` if the proxy fails, and name it in server errors that may be its own.

        Requests to `https` servers are tunneled: once the tunnel is open, failures are the server's.
        """
        assert isinstance(request.stream, httpx.SyncByteStream)  # noqa: S101 -- the stream of a synchronous client
        request.stream = stream = TrackedStream(request.stream)
        is_tunnel = request.url.scheme == "https"
        try:
            response = super().handle_request(request)
        except httpx.TransportError as error:
            root = find_root(error)
            is_tls_to_server = isinstance(root, ssl.SSLError) and is_tunnel and self._proxy.url.scheme == "http"
            # Behind a proxy that forwards, the server may be the one that does not answer in time.
            is_of_server = stream.is_started and (is_tunnel or isinstance(error, httpx.TimeoutException))
            if is_of_server or is_tls_to_server or isinstance(error, httpx.LocalProtocolError):
                raise
            # httpcore states the status of a refused tunnel in its text only.
            is_refusal = isinstance(error, httpx.ProxyError) and str(error).startswith("4")
            failure = ProxyRefused if is_refusal else httpx.ProxyError
            raise failure(f"{self._proxy}: {describe_root(root)}") from error
        if not is_tunnel and response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            response.close()
            raise ProxyRefused(f"{self._proxy}: {response.status_code} {response.reason_phrase}".rstrip())
        if not is_tunnel and response.is_server_error:
            response.extensions["proxy"] = str(self._proxy)
        return response


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy and the variable that names it."""

    url: Url
    variable: str

    def __str__(self) -> str:
        return f"{self.url.host_and_port} from {self.variable}"


@dataclass(eq=False)
class UnusableProxy(Exception):
    """The value of `variable` cannot be used; `what` is a clause that quotes nothing of it."""

    variable: str
    what: str


def choose_proxies(urls: Iterable[Url], variables: Mapping[str, SecretStr | None], no_proxy: str) -> dict[str, Proxy]:
    """Return by origin (`https://host:port`) the proxy of each URL that needs one; raise `UnusableProxy` for those."""
    proxies = {}
    for url in urls:
        own = f"{url.scheme.upper()}_PROXY"
        variable = own if variables.get(own) else "ALL_PROXY"
        value = variables.get(variable)
        if value is not None and not url.is_loopback and not is_exempt(url, no_proxy):
            proxies[url.origin] = Proxy(_parse_proxy(value, variable), variable)
    return proxies


def is_exempt(url: Url, no_proxy: str) -> bool:
    """Return whether `NO_PROXY` covers a URL: by domain, `host:port`, IP address, network (`10.0.0.0/8`), or `*`."""
    return any(_covers(entry.strip(), url) for entry in no_proxy.lower().split(","))


def _covers(entry: str, url: Url) -> bool:
    host = url.host.rstrip(".")
    name = entry.rpartition("://")[2].replace("[", "").replace("]", "").removeprefix("*").strip("./")
    if not name:
        return entry == "*"
    if any(f".{place}".endswith(f".{name}") for place in (host, f"{host}:{url.port}")):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def _parse_proxy(value: SecretStr, variable: str) -> Url:
    text = value.get_secret_value().strip()
    if text.lower().startswith("socks"):
        raise UnusableProxy(variable, "SOCKS proxies are not supported")
    try:
        url = Url.parse(text if "://" in text else f"http://{text}")
    except UrlError:
        url = None
    # Anything behind the host may be the rest of a password with a special character in it.
    if url is None or url.path != "/" or url.query or url.fragment:
        form = "a proxy URL looks like `http://host:3128`, with special characters of a password percent-encoded"
        raise UnusableProxy(variable, form)
    return url
