"""The program: what it is told, it hands on to a run, and how the run ended, to the report."""

from __future__ import annotations

import asyncio
import signal
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from publisher.errors import Problem, PublisherError, SettingsError
from publisher.network.client import Client
from publisher.network.loop import Loop
from publisher.network.proxies import Proxies, parse_proxy
from publisher.network.request import ANSWER_TIMEOUT
from publisher.network.retry import Retrying, RetryPolicy
from publisher.network.trust import build_ssl_context, build_trustless_context
from publisher.network.url import UrlError
from publisher.publish import Run
from publisher.report.logs import configure_logging
from publisher.report.masker import Masker
from publisher.report.model import Report
from publisher.report.runner import Runner, Surroundings
from publisher.report.telling import tell_bug, tell_report
from publisher.settings.aliases import deprecated_inputs
from publisher.settings.model import RunnerVariables
from publisher.settings.validation import read_settings
from publisher.world import World

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from structlog.typing import FilteringBoundLogger

    from publisher.ahead import Ahead
    from publisher.identity.tokens import Mask
    from publisher.settings.model import Settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""How a runner cancels: the one first, the other when that takes too long."""

BUG = 70
"""The exit status that says the mistake is ours (EX_SOFTWARE of sysexits.h)."""


@dataclass(frozen=True, slots=True)
class Program:
    """The whole program as a function of its environment, its output and its clock (Unix time in seconds).

    `ahead` is what was found, and is being read, since before the inputs were judged, None: nothing. `first_wait` is
    the longest wait in seconds before a second attempt, `answer_timeout` the seconds that requests other than uploads
    may take.
    """

    environ: Mapping[str, str]
    stdout: TextIO
    now: Callable[[], float]
    ahead: Ahead | None = None
    first_wait: float = 1.0
    answer_timeout: float = ANSWER_TIMEOUT

    def run(self) -> int:
        """Publish and tell; whatever happens ends in an exit status."""
        variables = RunnerVariables.read(self.environ)
        masker = Masker()
        if variables.id_token_request_token is not None:
            masker.add(variables.id_token_request_token)
        surroundings = Surroundings(variables.in_actions, variables.output, variables.step_summary)
        runner = Runner(self.stdout, surroundings, masker)
        try:
            report = self._publish(variables, runner, masker)
            tell_report(report, runner)
        except Exception as error:  # noqa: BLE001 -- the last line of defence: a bug must not look like a refused file
            tell_bug(traceback.format_exception(error), runner)
            return BUG
        return report.exit_status

    def _publish(self, variables: RunnerVariables, runner: Runner, masker: Masker) -> Report:
        try:
            settings = read_settings(self.environ)
            # structlog's own type: the methods that our Log protocol names, and more.
            log = configure_logging(runner.write_line, masker, verbose=settings.verbose or variables.debug)
            for alias in deprecated_inputs(self.environ):
                log.warning(f"The input `{alias}` is deprecated; write `{alias.replace('_', '-')}`")
            context = _choose_trust(settings, variables, log)
            proxies = _read_proxies(variables, runner.mask)
        except SettingsError as error:
            return Report(error=error)
        client = Client(context, settings.max_parallel, proxies, self.answer_timeout)
        with asyncio.Runner(loop_factory=Loop) as loop:
            return loop.run(self._publish_with(settings, client, variables, runner, log))

    async def _publish_with(
        self,
        settings: Settings,
        client: Client,
        variables: RunnerVariables,
        runner: Runner,
        log: FilteringBoundLogger,
    ) -> Report:
        stop = asyncio.Event()
        policy = RetryPolicy(settings.max_attempts, base=self.first_wait)
        with _set_by_signals(stop):
            async with client:
                retrying, workspace = Retrying(policy, self.now, log), _workspace(variables)
                world = World(client, retrying, runner, variables, workspace, stop, self.now, self.ahead)
                run = Run(settings, world)
                try:
                    await run.tell()
                except PublisherError as error:
                    return replace(run.report, error=error)
                return run.report


@contextmanager
def _set_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Have SIGINT and SIGTERM set `stop` until the block ends.

    As PID 1 of its container the process has no default handlers: what it does not handle is ignored. What came while
    the program was being imported was held back by `entrypoint.py`, and arrives now. asyncio's own way to handle
    signals would leave a moment, when the loop ends, in which one of them kills the process.
    """
    loop = asyncio.get_running_loop()
    earlier = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set)) for number in STOP_SIGNALS}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _workspace(variables: RunnerVariables) -> Path:
    return variables.workspace or Path.cwd()


def _read_proxies(variables: RunnerVariables, mask: Mask) -> Proxies:
    """Read the addresses of proxies, whose passwords are masked; raise `SettingsError` for those that are none."""
    by_scheme, problems = {}, {}
    for scheme, given in (("https", variables.https_proxy), ("http", variables.http_proxy)):
        if (address := given or variables.all_proxy) is None:
            continue
        try:
            proxy = parse_proxy(address.get_secret_value())
        except UrlError as error:
            name = f"{scheme.upper()}_PROXY" if given else "ALL_PROXY"
            problems[name] = Problem(name, f"cannot be used: {error}")
            continue
        by_scheme[scheme] = proxy
        if proxy.user_info is not None:
            mask(proxy.user_info.password)
    if problems:
        raise SettingsError(tuple(problems.values()))
    return Proxies(by_scheme, variables.no_proxy)


def _choose_trust(settings: Settings, variables: RunnerVariables, log: FilteringBoundLogger) -> ssl.SSLContext:
    """Trust whom the environment names; where everything is plain http on loopback, nobody."""
    urls = (settings.index.upload_url, settings.index.simple_url, settings.test_index_url)
    id_token_url = variables.id_token_request_url
    encrypted = any(url is not None and url.scheme == "https" for url in urls)
    if not encrypted and (id_token_url is None or id_token_url.get_secret_value().startswith("http:")):
        return build_trustless_context()
    file, directory = variables.ssl_cert_file, variables.ssl_cert_dir
    for name, path in (("SSL_CERT_FILE", file), ("SSL_CERT_DIR", directory)):
        if path is not None and not path.exists():
            # A job sets these for its own machine; in the container the path need not exist.
            log.warning(f"{name} names nothing that exists in this container and is not used: {path}")
    file = file if file and file.exists() else None
    directory = directory if directory and directory.exists() else None
    try:
        return build_ssl_context(file, directory)
    except OSError as error:
        raise SettingsError((Problem("SSL_CERT_FILE", f"cannot be used: {error}"),)) from error
