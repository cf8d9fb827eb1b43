from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name

from publisher import errors
from publisher.attestations.sign import SigningFailed
from publisher.index.endpoints import Index
from publisher.index.listing import NOT_LISTED
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.index.simple_api import Unknown
from publisher.network.reply import Cause, DeadEnd, NoReply, Reply
from publisher.network.url import Url
from publisher.preflight.model import Finding, Severity
from publisher.report.messages import (
    explain_end,
    explain_error,
    explain_finding,
    explain_row,
    explain_unsigned,
    find_early_messages,
    find_messages,
)
from publisher.report.messages.message import (
    Message,
    join_names,
    quote_line,
    quote_name,
    quote_names,
    quote_sentence,
)
from publisher.report.messages.refusals import KNOWN_REFUSALS
from publisher.report.messages.transport import explain_listings
from publisher.report.messages.upload import find_advice
from publisher.report.model import Report
from tests.unit.report.examples import (
    HOSTILE,
    NOT_FOUND,
    PRIVATE,
    PYPI,
    REUSABLE_ELSEWHERE,
    TESTPYPI,
    refused_mint,
    row,
)
from tests.unit.report.snapshot import check_snapshot
from tests.values import SDIST, WHEEL

URL = PRIVATE.upload_url.at("/_/oidc/mint-token")
PLAIN = Report()
DESCRIPTIONS = {
    "pull_request_target": "no (Publishing from a workflow invoked via 'pull_request_target' is not supported.)",
    "workflow": "no (The job_workflow_ref claim does not match, expecting one of ['a'], got 'b')",
    "missing claim": "no (Missing claim 'jti')",
    "check failed": "no (Check failed for required claim 'repository_owner')",
}


CUT_OFF = Report(
    PYPI,
    (row(outcome=Failed(None, 2, may_be_uploaded=True)), row(SDIST, Failed(None, 1)), row("x.whl", NotTried("x"))),
    cancelled=True,
)
NOT_THERE = {WHEEL: NOT_LISTED, "b.whl": "it answered 401 Unauthorized", SDIST: NOT_LISTED}


def written(messages: Iterable[Message]) -> str:
    """Return messages as a reader sees them."""
    return "\n".join(f"== {message.title}\n{message.text}\n" for message in messages)


def explained(*ends: errors.PublisherError) -> str:
    return written(message for error in ends for message in explain_error(error))


def explain(outcome: Outcome, report: Report = PLAIN, filename: str = WHEEL) -> Message:
    message = explain_row(row(filename, outcome), report)
    assert message is not None
    return message


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
        *(errors.IdTokenUnavailable(situation, ("ACTIONS_ID_TOKEN_REQUEST_URL",)) for situation in errors.Situation),
        errors.AttestingImpossible("this run does not use Trusted Publishing", ()),
    )
    check_snapshot("messages_start.txt", text)


def test_messages__for_an_exchange_that_fails() -> None:
    text = explained(
        *(
            errors.AudienceRefused(URL, Reply(*answer), 1)
            for answer in ((403, "Forbidden"), (404, "Not Found"), (200, "OK"))
        ),
        errors.AudienceRefused(
            URL, Reply(403, "Forbidden", body=b'{"message": "Trusted publishing functionality not enabled"}'), 1
        ),
        errors.AudienceRefused(URL, NoReply(Cause.MALFORMED), 1),
        errors.IdTokenRefused(URL, Reply(401, "Unauthorized", body=b'{"message": "token has ended"}'), 1),
        errors.IdTokenRefused(URL, NoReply(Cause.RESET), 1),
        errors.ExchangeUnanswered(URL, Reply(503, "Service Unavailable"), 5),
        errors.ExchangeUnanswered(PYPI.upload_url.at("/_/oidc/mint-token"), NoReply(Cause.DNS), 1),
        errors.ExchangeUnanswered(
            PYPI.upload_url.at("/_/oidc/mint-token"),
            NoReply(Cause.PROXY, "http://proxy.example:3128 from HTTPS_PROXY"),
            5,
        ),
        errors.ExchangeUnanswered(Url.parse("https://tokens.example/request?a=b"), NoReply(Cause.TIMEOUT_ANSWER), 5),
        errors.SigningError("Requesting a signing certificate", Reply(503, "Service Unavailable"), 5, (WHEEL, SDIST)),
        errors.SigningError(f"Signing {WHEEL}", "PermissionError: Permission denied", 1, (WHEEL,)),
    )
    check_snapshot("messages_exchange.txt", text)


def test_messages__for_every_reason_of_a_refused_mint() -> None:
    text = explained(
        refused_mint(),
        *(refused_mint(description=description) for description in DESCRIPTIONS.values()),
        refused_mint(claims=REUSABLE_ELSEWHERE),
        refused_mint(description=DESCRIPTIONS["missing claim"], claims=REUSABLE_ELSEWHERE),
        refused_mint("invalid-pending-publisher", "valid token, but project already exists"),
        refused_mint("invalid-reuse-token", "invalid token: already used"),
        refused_mint("invalid-token", "malformed or invalid token"),
        refused_mint("invalid-payload", "unknown trusted publishing issuer"),
        refused_mint("invalid-payload", "malformed JWT"),
        refused_mint("not-enabled", "github trusted publishing functionality not enabled"),
        refused_mint("something-new", "a reason that nobody knows yet"),
        errors.MintRefused(URL, Reply(422, "Unprocessable Entity"), 1, reasons=(), claims={}),
        errors.MintRefused(URL, Reply(403, "Forbidden", body=b'{"message": "blocked"}'), 1, reasons=(), claims={}),
    )
    check_snapshot("messages_mint.txt", text)


def test_messages__for_every_cause_of_a_failed_upload() -> None:
    causes: list[Reply | NoReply | DeadEnd | errors.ExchangeError] = [
        *(NoReply(cause) for cause in Cause),
        NoReply(Cause.CERTIFICATE, "unable to get local issuer certificate"),
        NoReply(Cause.PROXY, "http://proxy.example:3128 from HTTPS_PROXY: 407 Proxy Authentication Required"),
        Reply(503, "Service Unavailable", body=b"backend fetch failed"),
        DeadEnd(Reply(308, "Permanent Redirect"), "it redirects without a `Location`"),
        errors.ExchangeUnanswered(URL, Reply(503, "Service Unavailable"), 5),
    ]
    outcomes = [Failed(cause, 5) for cause in causes] + [Failed(NoReply(Cause.RESET), 1, may_be_uploaded=True)]
    check_snapshot("messages_failed.txt", written(map(explain, outcomes)))


def test_messages__for_the_end_of_a_run() -> None:
    finding = Finding("metadata-summary-length", Severity.ERROR, "It has `513` characters.", "Shorten it.", WHEEL)
    many = [finding, *(replace(finding, filename=f"{number}.whl") for number in range(12))]
    general = Finding("release-projects", Severity.ERROR, "There are two projects.", "Publish one.")
    different = Skipped("the index already has a file of this name with other content")
    messages = [
        *explain_error(errors.NotListed(Url.parse("https://index.example/simple/"), 60, NOT_THERE)),
        *explain_error(errors.Cancelled("comparing with the index")),
        *explain_end(Report(cancelled=True)),
        *explain_end(CUT_OFF),
        *explain_listings(
            {canonicalize_name("sample"): Unknown("it answered 503 Busy", Reply(503, "Busy"))}, PRIVATE, will_wait=False
        ),
        explain_unsigned(WHEEL, SigningFailed("Requesting a signing certificate", Reply(503, "Busy"), 5)),
        explain_unsigned(WHEEL, SigningFailed("Updating the Sigstore trust root", "PermissionError", 1)),
        *explain_error(errors.PublisherError("something new")),
        *(message for _, message in find_early_messages(Report(findings=[*many, general]))),
        explain(different),
        explain(different, Report(TESTPYPI, is_rehearsal=True)),
    ]
    check_snapshot("messages_end.txt", written(messages))


INVALID = "Invalid attestations supplied during upload:"
# What indexes say, by status; None: found in the listing.
SENTENCES = [
    (400, "File already exists ('x.whl', with blake2_256 hash 'ab'). See /help for more information."),
    (400, "This filename was previously used by a file that has since been deleted."),
    (400, "Non-user identities cannot create new projects. This was probably caused by ..."),
    (403, "Invalid API Token: OIDC scoped token is not valid for project 'p'"),
    (403, "Invalid API Token: project-scoped token is not valid for project: 'p'"),
    (403, "Invalid API Token: token is expired, token is expired"),
    (403, "Invalid API Token: signatures do not match"),
    (403, "Invalid or non-existent authentication information. See /help"),
    (403, "Username/Password authentication is no longer supported. Migrate to API Tokens"),
    (403, "The given token isn't allowed to upload to project 'p'. See"),
    (403, "The user 'u' isn't allowed to upload to project 'p'. See"),
    (429, "Too many new projects created"),
    (400, "File too large. Limit for project 'p' is 100 MB. See"),
    (400, "Project size too large. Limit for project 'p' total size is 10 GB."),
    (400, "Only one sdist may be uploaded per release."),
    (400, "Uploading new files to releases older than 14 days is not allowed."),
    (400, "The description failed to render for 'text/x-rst'. See"),
    (400, "Binary wheel 'x.whl' has an unsupported platform tag 'linux_x86_64'."),
    (400, "'Foo :: Bar' is not a valid classifier."),
    (400, "The name 'sampel' is too similar to an existing project. See"),
    (400, "The use of local versions in '1.0+local' is not allowed."),
    (400, f"{INVALID} Could not verify the uploaded artifact: Certificate's URI does not match"),
    (400, f"{INVALID} Unknown error while trying to verify included attestations"),
    (400, f"{INVALID} Attestations are only supported when using Trusted Publishing"),
    (400, f"{INVALID} Malformed attestations: an empty attestation set"),
    (403, "Read-only mode: Uploads are temporarily disabled."),
    (403, "New uploads are temporarily disabled. See /help"),
    (400, "User 'u' does not have two-factor authentication enabled."),
    (400, "'2.6' is not a valid metadata version."),
    (400, "Version in filename should be '1.0' not '1.1'."),
    (400, "Invalid distribution file. File is not a tarfile"),
    (400, "The digest supplied does not match a digest calculated from the uploaded file."),
    (400, "something else"),
    *((status, "") for status in (401, 403, 404, 405, 407, 409, 413, 429, 418, 500)),
    (None, "the index already has a file of this name with other content"),
    (None, "two files have this name"),
]  # fmt: skip


def test_messages__for_every_refusal() -> None:
    """Show which advice each refusal gets."""
    found = [find_advice(Refused(status, sentence)) for status, sentence in SENTENCES]
    assert not [phrases for phrases, advice in KNOWN_REFUSALS.items() if advice not in found]
    blocks = [
        "\n".join(filter(None, (f"== {status} {sentence}", advice.remedy, advice.why, advice.link, "")))
        for (status, sentence), advice in zip(SENTENCES, found, strict=True)
    ]
    check_snapshot("messages_refused.txt", "\n\n".join(blocks))


LOST = NoReply(Cause.RESET)
NOT_RENEWED = errors.ExchangeUnanswered(URL, Reply(503, "Busy"), 5)


@pytest.mark.parametrize(
    ("index", "outcome", "what"),
    [
        (None, Refused(400, "Only one sdist."), f"The index refused the upload: 400 Only one sdist: `{WHEEL}`"),
        (TESTPYPI, Refused(400, ""), f"TestPyPI refused the upload: 400: `{WHEEL}`"),
        (PYPI, Refused(None, "it differs"), f"PyPI cannot take it differs: `{WHEEL}`"),
        (PYPI, Failed(LOST, 2), f"The connection broke. Not uploaded to PyPI in 2 attempts: `{WHEEL}`"),
        (PRIVATE, Failed(LOST, 1), f"The connection broke. Not uploaded to `index.example` in 1 attempt: `{WHEEL}`"),
        (
            PYPI,
            Failed(NOT_RENEWED, 0),
            f"The upload token could not be renewed: 503 Busy. Not uploaded to PyPI: `{WHEEL}`",
        ),
    ],
)
def test_explain_row__names_cause_and_index(index: Index | None, outcome: Outcome, what: str) -> None:
    assert explain(outcome, Report(index)).render_what() == what


@pytest.mark.parametrize("outcome", [Uploaded(), Existing(), NotTried("x"), WouldUpload(), Failed(None, 1)])
def test_explain_row__of_an_outcome_without_action_is_none(outcome: Outcome) -> None:
    assert explain_row(row(outcome=outcome), PLAIN) is None


def test_explain_row__external_text_cannot_pose_as_ours() -> None:
    message = explain(Refused(400, "first\nSee: https://evil.example"), filename=HOSTILE)
    assert "\nSee: https://evil.example" not in message.text
    assert not any(line.lstrip().startswith("::") for line in message.text.split("\n"))
    assert message.render_what().count("`") == 2


def test_explain_error__quotes_every_reason_and_explains_the_first_known_one() -> None:
    error = refused_mint("new-code", "unheard of")
    error.reasons = (*error.reasons, refused_mint("invalid-publisher", NOT_FOUND).reasons[0])
    (message,) = explain_error(error)
    assert "`new-code`: unheard of; `invalid-publisher`: " in message.what
    assert message.why.startswith("No Trusted Publisher on the index")


def test_explain_row__an_outage_is_never_taken_for_a_redirect() -> None:
    """Only a `DeadEnd` means that the address has moved, whatever the index says."""
    body = b"this page redirects when the upload token could not be renewed"
    message = explain(Failed(Reply(503, "Service Unavailable", body=body), 5))
    assert "redirects" in message.what
    assert message.why.startswith("The index is having an outage")


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
