"""The root: environment, standard output, clock, and signals enter here and become values."""

import io
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pydantic import SecretStr

from publisher import __version__
from publisher.cancellation import Stop
from publisher.errors import Problem, PublisherError, SettingsError
from publisher.network.client import (
    ANSWER_TIMEOUT,
    Client,
    Connection,
    UnusableProxy,
    build_client,
    build_ssl_context,
    choose_proxies,
    log_requests,
)
from publisher.network.retry import Retrying, RetryPolicy
from publisher.network.url import Url, UrlError
from publisher.publish import Services, publish
from publisher.report import write_bug, write_report
from publisher.report.log import Console, configure_logging
from publisher.report.messages.message import Message
from publisher.report.model import Report
from publisher.settings.environment import Environment, find_certificates
from publisher.settings.inputs import Settings
from publisher.settings.validation import SECRET_INPUTS, deprecated_inputs, read_settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # the runner sends the first, then the second if the step goes on
BUG = 70  # exit status: EX_SOFTWARE of sysexits.h


def main() -> int:
    """Run the action in this process; return its exit status."""
    stop = Stop()
    threading.Thread(target=_wait_for_signal, args=(stop,), daemon=True).start()
    # The runner reads UTF-8, whatever the locale; a lone surrogate in a file name must not crash the run.
    stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace")
    return Program(os.environ, stdout, time.time, stop).run()


def _wait_for_signal(stop: Stop) -> None:
    # `entrypoint.py` blocks the signals in every thread; as PID 1 of its container, the process would lose them.
    signal.sigwait(STOP_SIGNALS)
    stop.request()


@dataclass(frozen=True, slots=True)
class Program:
    """The action as a function of its environment, output, and clock (Unix time).

    `first_wait` is the longest wait before a second attempt, `answer_timeout` the time without progress that requests
    other than uploads may take, both in seconds.
    """

    environ: Mapping[str, str]
    stdout: TextIO
    now: Callable[[], float]
    stop: Stop
    first_wait: float = 1.0
    answer_timeout: float = ANSWER_TIMEOUT

    def run(self) -> int:
        """Publish and report; return the exit status even after a bug."""
        environment = Environment.read(self.environ)
        # GitHub's log shows colors; https://no-color.org/
        in_color = environment.in_actions and not self.environ.get("NO_COLOR")
        console = Console(self.stdout, environment.in_actions, in_color=in_color)
        if environment.id_token_request_token is not None:
            # The runner masks it itself.
            console.masker.add(environment.id_token_request_token)
        report = Report(docs_url=environment.docs_url)
        try:
            try:
                self._publish(environment, console, report)
            except PublisherError as error:
                report.error = error
            write_report(report, console, environment)
        except Exception:  # noqa: BLE001 -- the last line of defense: a bug must not look like a refused file
            write_bug(traceback.format_exc(), console, environment)
            return BUG
        return report.exit_status

    def _publish(self, environment: Environment, console: Console, report: Report) -> None:
        console.write_line(f"publish-action {__version__}")
        for name in SECRET_INPUTS:
            # Before anything can fail: a wrong input's message may quote what is also the password.
            if value := self.environ.get(f"INPUT_{name.upper()}", "").strip():
                console.mask(SecretStr(value))
        settings = read_settings(self.environ)
        report.index, report.dry_run = settings.index, settings.dry_run
        log = configure_logging(console.write_line, verbose=settings.verbose or environment.debug)
        report.warnings = _find_warnings(settings, environment, self.environ)
        workspace = _find_workspace(environment)
        retrying = Retrying(RetryPolicy(settings.max_attempts, base=self.first_wait), self.now, log)
        with _build_client(settings, environment, console, self.answer_timeout) as client:
            log_requests(client, log, self.now)
            connection = Connection(client, retrying, console.mask)
            services = Services(connection, log, console, self.stop, workspace)
            publish(settings, environment, services, report)


def _find_warnings(settings: Settings, environment: Environment, environ: Mapping[str, str]) -> list[Message]:
    """Return messages about what works but should be changed."""
    _, _, ignored = find_certificates(environment)
    unencrypted = "is used over `http`: everything sent to it, secrets included, is unencrypted."
    use_https = "Unless it is a service container of this job, use `https`."
    warnings = [
        Message("Deprecated input", f"The input `{alias}` is deprecated; write `{alias.replace('_', '-')}`.")
        for alias in deprecated_inputs(environ)
    ]
    warnings += [
        Message("Unencrypted connection", f"`{host}` {unencrypted}", use_https) for host in settings.unencrypted_hosts
    ]
    warnings += [Message("Variable ignored", f"`{each.name}` {each.what}.", each.remedy) for each in ignored]
    return warnings


def _find_workspace(environment: Environment) -> Path:
    workspace = environment.workspace or Path.cwd()
    if not os.path.isdir(workspace):  # noqa: PTH112 -- unlike Path.is_dir, returns False for text too long to be a path
        missing = f"is `{workspace}`, which is not a directory in this container"
        raise SettingsError((Problem("GITHUB_WORKSPACE", missing, "Leave the variable as the runner sets it."),))
    return workspace


def _build_client(settings: Settings, environment: Environment, console: Console, answer_timeout: float) -> Client:
    """Build the HTTP client; raise `SettingsError` if a proxy or the certificate authorities cannot be used."""
    file, directory, _ = find_certificates(environment)
    variables = {
        "HTTPS_PROXY": environment.https_proxy,
        "HTTP_PROXY": environment.http_proxy,
        "ALL_PROXY": environment.all_proxy,
    }
    try:
        context = build_ssl_context(file, directory)
        proxies = choose_proxies(_find_urls(settings, environment), variables, environment.no_proxy)
    except OSError as error:
        name = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
        raise SettingsError((Problem(name, f"cannot be used: {error}"),)) from error
    except UnusableProxy as error:
        remedy = "Correct it, or add the hosts to `NO_PROXY` if they need no proxy."
        raise SettingsError((Problem(error.variable, f"cannot be used: {error.what}", remedy),)) from error
    for proxy in proxies.values():
        if proxy.url.user_info is not None:
            console.mask(proxy.url.user_info.password)
    return build_client(context, settings.max_parallel, proxies, answer_timeout)


def _find_urls(settings: Settings, environment: Environment) -> list[Url]:
    """Return a URL on every origin that this run may send requests to, except those of Sigstore."""
    urls = [*settings.urls, settings.index.classifiers_url]
    if environment.id_token_request_url is not None and settings.may_need_id_tokens:
        with suppress(UrlError):  # reported when an ID token is needed
            urls.append(Url.parse(environment.id_token_request_url.get_secret_value()))
    return [url for url in urls if url]
