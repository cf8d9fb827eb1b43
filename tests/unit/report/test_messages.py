from collections.abc import Iterable
from dataclasses import replace

import pytest

from publisher import errors
from publisher.attestations.sign import Attested, SigningFailed
from publisher.index.outcome import Failed, NotTried
from publisher.network.reply import Reply
from publisher.preflight.model import Finding, Severity
from publisher.report.messages import (
    explain_end,
    explain_error,
    explain_finding,
    explain_unsigned,
    find_early_messages,
    find_messages,
)
from publisher.report.messages.message import Message, join_names, quote_line, quote_name, quote_names, quote_sentence
from publisher.report.model import Report
from tests.unit.report.examples import PYPI, TESTPYPI, row
from tests.unit.report.snapshot import check_snapshot
from tests.values import SDIST, WHEEL

INDEXES = (PYPI, TESTPYPI)
CUT_OFF = Report(
    PYPI,
    (row(outcome=Failed(None, 2, may_be_uploaded=True)), row(SDIST, Failed(None, 1)), row("x.whl", NotTried("x"))),
    cancelled=True,
)


def written(messages: Iterable[Message]) -> str:
    """Return messages as a reader sees them."""
    return "\n".join(f"== {message.title}\n{message.text}\n" for message in messages)


def explained(*ends: errors.PublisherError) -> str:
    return written(message for error in ends for message in explain_error(error))


def test_messages__for_runs_that_end_before_the_network() -> None:
    problems = (
        errors.Problem("repository-url", "must start with `https://`"),
        errors.Problem("SSL_CERT_FILE", "cannot be used"),
    )
    text = explained(
        errors.SettingsError(problems),
        errors.NothingToPublish(("dist",), (), ()),
        errors.NothingToPublish(("dist", "more/*.whl"), ("dist",), ()),
        errors.NothingToPublish(("dist",), (), tuple(f"file-{number}.txt" for number in range(12))),
        errors.NestedDistributions("dist", (f"dist/wheels/{WHEEL}", f"dist/sdist/{SDIST}"), "dist/*"),
        *(
            errors.IdTokenUnavailable(situation, ("ACTIONS_ID_TOKEN_REQUEST_URL",), "password")
            for situation in errors.Situation
        ),
        errors.AttestingImpossible("this run does not use Trusted Publishing"),
    )
    check_snapshot("messages_start.txt", text)


def test_messages__for_the_end_of_a_run() -> None:
    finding = Finding("metadata-summary-length", Severity.ERROR, "It has `513` characters.", "Shorten it.", WHEEL)
    many = [finding, *(replace(finding, filename=f"{number}.whl") for number in range(12))]
    general = Finding("release-projects", Severity.ERROR, "There are two projects.", "Publish one.")
    messages = [
        *explain_error(errors.SigningError("Requesting a certificate", Reply(503, "Busy"), (WHEEL, SDIST))),
        *explain_error(errors.SigningError(f"Signing {WHEEL}", "PermissionError: Permission denied", (WHEEL,))),
        *explain_error(errors.Cancelled("comparing with the index")),
        *explain_end(Report(cancelled=True)),
        *explain_end(CUT_OFF),
        *explain_unsigned(Attested({}, {WHEEL: SigningFailed("Requesting a certificate", Reply(503, "Busy"))})),
        *explain_unsigned(Attested({}, {WHEEL: SigningFailed("Updating the trust root", "PermissionError")})),
        *explain_unsigned(Attested({}, unsigned="this job runs in a reusable workflow")),
        *explain_error(errors.PublisherError("something new")),
        *(message for _, message in find_early_messages(Report(findings=[*many, general]))),
    ]
    check_snapshot("messages_end.txt", written(messages))


def test_end__an_exchange_of_the_rehearsal_names_its_own_inputs() -> None:
    errors_of = [errors.AudienceRefused(index.upload_url.at("/_/oidc/audience"), Reply(404), 1) for index in INDEXES]
    texts = [explain_end(Report(PYPI, error=error))[0].text for error in errors_of]
    assert ["`test-index-url`" in text and "`test-password`" in text for text in texts] == [False, True]
    assert ["`repository-url`" in text and "`password`" in text for text in texts] == [True, False]


@pytest.mark.parametrize(
    "report",
    [
        CUT_OFF,
        Report(PYPI, (row("x.whl", NotTried("x")),), cancelled=True, rehearsal=replace(CUT_OFF, is_rehearsal=True)),
    ],
)
def test_find_messages__of_a_cancelled_run_are_one_that_names_what_was_cut_off(report: Report) -> None:
    ((severity, message),) = find_messages(report)
    assert (severity, message.title, message.filenames) == (Severity.ERROR, "Cancelled", (WHEEL, SDIST))


def test_quoting__is_one_harmless_line() -> None:
    assert quote_line("a\r\n b\x1b") == r"a b\x1b"
    assert len(quote_line("x" * 5000)) == 1000
    assert quote_name("a`b") == r"`a\x60b`"
    assert quote_names(("a", "b", "c"), limit=2) == "`a`, `b` and 1 more"
    assert join_names(["a", "b"], limit=2) == "a, b"
    text = f"`Topic ::  a` and `b\tc` and `d\n::error::e` and `{'x' * 150}`."
    assert quote_sentence(text) == text.replace("\t", r"\t").replace("\n", r"\n")


@pytest.mark.parametrize("value", ["x" * 2000, "x " * 1000 + "x"])
def test_explain_finding__a_long_value_leaves_room_for_the_rest(value: str) -> None:
    finding = Finding("a-rule", Severity.ERROR, f"`Summary: {value}` is too long: '{value}'.", "Shorten it.", WHEEL)
    message = explain_finding(finding, "docs/rules.md")
    assert message.what.startswith("`Summary: x")
    assert "is too long: 'x" in message.what
    assert message.render_what().endswith(f": `{WHEEL}`")
