from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.distributions.model import Unreadable
from publisher.errors import (
    AttestingImpossible,
    AudienceRefused,
    Cancelled,
    ExchangeUnanswered,
    IdTokenRefused,
    IdTokenUnavailable,
    MintRefused,
    NothingToPublish,
    NotListed,
    Problem,
    PublisherError,
    SettingsError,
    SigningError,
    Situation,
)
from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.index.waiting import NOT_LISTED
from publisher.network.reply import Cause, NoReply, Reply
from publisher.network.url import Url
from publisher.preflight.finding import Finding, Severity
from publisher.report.messages import explain_error, explain_finding, explain_row, explain_stop, explain_unreadable
from publisher.report.messages.access_refusals import ACCESS_REFUSALS
from publisher.report.messages.advice import BY_STATUS, UNKNOWN_REFUSAL
from publisher.report.messages.file_refusals import FILE_REFUSALS
from publisher.report.messages.message import listed, named, quoted
from publisher.report.messages.upload import find_advice
from publisher.report.model import Report
from tests.unit.report.examples import (
    HOSTILE,
    NOT_FOUND,
    PRIVATE,
    PYPI,
    REUSABLE_ELSEWHERE,
    SDIST,
    TESTPYPI,
    WHEEL,
    refused_mint,
    row,
)
from tests.unit.report.snapshot import check_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.index.endpoints import Index
    from publisher.report.messages.message import Message

URL = PRIVATE.mint_url
PLAIN = Report()
DESCRIPTIONS = {
    "pull_request_target": "no (Publishing from a workflow invoked via 'pull_request_target' is not supported.)",
    "workflow": "no (The job_workflow_ref claim does not match, expecting one of ['a'], got 'b')",
    "missing claim": "no (Missing claim 'jti')",
    "check failed": "no (Check failed for required claim 'repository_owner')",
}


def written(messages: Iterable[Message]) -> str:
    """Write messages down as a reader would meet them."""
    return "\n".join(f"== {message.title}\n{message.text}\n" for message in messages)


def explained(*errors: PublisherError) -> str:
    return written(message for error in errors for message in explain_error(error))


def test_messages__for_runs_that_end_before_the_network() -> None:
    problems = (Problem("repository-url", "must start with `https://`"), Problem("SSL_CERT_FILE", "cannot be used"))
    text = explained(
        SettingsError(problems),
        NothingToPublish(("dist",), (), ()),
        NothingToPublish(("dist", "more/*.whl"), ("dist",), ()),
        NothingToPublish(("dist",), (), tuple(f"file-{number}.txt" for number in range(12))),
        *(IdTokenUnavailable(situation, ("ACTIONS_ID_TOKEN_REQUEST_URL",)) for situation in Situation),
        AttestingImpossible("this run does not use Trusted Publishing", ()),
    )
    check_snapshot("messages_start.txt", text)


def test_messages__for_an_exchange_that_fails() -> None:
    text = explained(
        *(AudienceRefused(URL, Reply(status)) for status in (403, 404, 200)),
        AudienceRefused(URL, Reply(403, body=b'{"message": "Trusted publishing functionality not enabled"}')),
        AudienceRefused(URL, NoReply(Cause.MALFORMED)),
        IdTokenRefused(URL, Reply(401, body=b'{"message": "token has ended"}')),
        IdTokenRefused(URL, NoReply(Cause.RESET)),
        ExchangeUnanswered(URL, Reply(503), 5),
        ExchangeUnanswered(PYPI.mint_url, NoReply(Cause.DNS), 1),
        ExchangeUnanswered(Url.parse("https://tokens.example/request?a=b"), NoReply(Cause.TIMEOUT_ANSWER), 5),
        SigningError("503 Service Unavailable", (WHEEL, SDIST)),
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
        MintRefused(URL, Reply(422), 1, reasons=(), claims={}),
        MintRefused(URL, Reply(403, body=b'{"message": "blocked"}'), 1, reasons=(), claims={}),
    )
    check_snapshot("messages_mint.txt", text)


def test_messages__for_every_trouble_of_an_upload() -> None:
    reasons = [
        *(str(trouble) for trouble in Cause),
        "503 Service Unavailable: backend fetch failed",
        "308 Permanent Redirect: it redirects without saying where to",
        "the upload token could not be renewed: no",
        "the run was cancelled while it was being uploaded",
    ]
    outcomes = [Failed(reason, 5) for reason in reasons] + [Failed(str(Cause.RESET), 1, may_be_uploaded=True)]
    text = written(message for outcome in outcomes if (message := explain_row(row(outcome=outcome), PLAIN)))
    check_snapshot("messages_failed.txt", text)


def test_messages__for_the_end_of_a_run() -> None:
    finding = Finding("metadata-summary-length", Severity.ERROR, "It has `513` characters.", "Shorten it.", WHEEL)
    general = Finding("release-projects", Severity.ERROR, "There are two projects.", "Publish one.")
    other_content = row(outcome=Skipped("the index already has a file of this name with other content"))
    skipped = [explain_row(other_content, PLAIN), explain_row(other_content, Report(TESTPYPI, is_rehearsal=True))]
    messages = [
        *explain_error(NotListed(Url.parse("https://index.example/simple/"), 60, {WHEEL: NOT_LISTED})),
        *explain_error(Cancelled("comparing with the index")),
        explain_stop(),
        *explain_error(PublisherError("something new")),
        explain_finding(finding, (WHEEL,)),
        explain_finding(finding, (WHEEL, *(f"{number}.whl" for number in range(12)))),
        explain_finding(general, ()),
        *filter(None, skipped),
        explain_unreadable(Unreadable(Path(WHEEL), WHEEL, "it is no zip archive")),
    ]
    check_snapshot("messages_end.txt", written(messages))


def test_messages__for_every_refusal_that_is_known() -> None:
    known = [
        f"== {' | '.join(known.phrases)}{f' ({known.status})' if known.status else ''}\n{_advice(known.advice)}\n"
        for known in (*ACCESS_REFUSALS, *FILE_REFUSALS)
    ]
    by_status = [f"== {status}\n{_advice(advice)}\n" for status, advice in BY_STATUS.items()]
    check_snapshot("messages_refused.txt", "\n".join([*known, *by_status, f"== unknown\n{_advice(UNKNOWN_REFUSAL)}\n"]))


def _advice(advice: object) -> str:
    values = (getattr(advice, name) for name in ("why", "remedy", "link"))
    return "\n".join(value for value in values if value)


INVALID = "Invalid attestations supplied during upload:"
# The index's own sentences, each with a word that only the right advice has.
SENTENCES = [
    (400, "File already exists ('x.whl', with blake2_256 hash 'ab'). See /help for more information.", "second build"),
    (400, "This filename was previously used by a file that has since been deleted.", "for ever"),
    (400, "Non-user identities cannot create new projects. This was probably caused by ...", "pending publisher"),
    (403, "Invalid API Token: OIDC scoped token is not valid for project 'p'", "other projects"),
    (403, "Invalid API Token: project-scoped token is not valid for project: 'p'", "other projects"),
    (403, "Invalid API Token: token is expired, token is expired", "ended while"),
    (403, "Invalid API Token: signatures do not match", "revoked"),
    (403, "Invalid or non-existent authentication information. See /help", "separate ones"),
    (403, "Username/Password authentication is no longer supported. Migrate to API Tokens", "account password"),
    (403, "The given token isn't allowed to upload to project 'p'. See", "archived or quarantined"),
    (403, "The user 'u' isn't allowed to upload to project 'p'. See", "no role"),
    (429, "Too many new projects created", "Waiting inside"),
    (400, "File too large. Limit for project 'p' is 100 MB. See", "larger than the index allows"),
    (400, "Project size too large. Limit for project 'p' total size is 10 GB.", "All files of the project"),
    (400, "Only one sdist may be uploaded per release.", "`.tar.gz` sdist"),
    (400, "Uploading new files to releases older than 14 days is not allowed.", "14 days after"),
    (400, "The description failed to render for 'text/x-rst'. See", "long description"),
    (400, "Binary wheel 'x.whl' has an unsupported platform tag 'linux_x86_64'.", "auditwheel"),
    (400, "'Foo :: Bar' is not a valid classifier.", "exact spelling"),
    (400, "The use of local versions in '1.0+local' is not allowed.", "`+` part"),
    (400, f"{INVALID} Could not verify the uploaded artifact: Certificate's URI does not match", "another workflow"),
    (400, f"{INVALID} Unknown error while trying to verify included attestations", "could not reach Sigstore"),
    (400, f"{INVALID} Attestations are only supported when using Trusted Publishing", "used a token"),
    (400, f"{INVALID} Malformed attestations: an empty attestation set", "left-over"),
    (403, "Read-only mode: Uploads are temporarily disabled.", "from nobody"),
    (403, "New uploads are temporarily disabled. See /help", "from nobody"),
    (400, "User 'u' does not have two-factor authentication enabled.", "two-factor"),
    (400, "'2.6' is not a valid metadata version.", "build backend"),
    (400, "Version in filename should be '1.0' not '1.1'.", "do not agree"),
    (400, "Invalid distribution file. File is not a tarfile", "damaged"),
    (400, "The digest supplied does not match a digest calculated from the uploaded file.", "What arrived"),
    (400, "something else", "metadata or the file"),
    (401, "", "wants credentials"),
    (403, "", "do not allow"),
    (404, "Not Found", "Simple API"),
    (405, "Method Not Allowed", "upload URL"),
    (407, "Proxy Authentication Required", "`HTTPS_PROXY`"),
    (409, "Conflict", "new version"),
    (413, "Payload Too Large", "higher limit"),
    (429, "Slow down", "`max-parallel`"),
    (418, "I'm a teapot", "does not know that refusal"),
    (500, "", "disturbance"),
    (None, "the index already has a file of this name with other content", "second build"),
    (None, "two files have this name", "does not know that refusal"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "sentence", "word"), SENTENCES)
def test_find_advice__knows_the_index_by_its_words(status: int | None, sentence: str, word: str) -> None:
    advice = find_advice(Refused(status, sentence))
    assert word in f"{advice.why} {advice.remedy}"


def test_explain_row__quotes_the_index_with_its_status() -> None:
    message = explain_row(row(outcome=Refused(400, "Only one sdist may be uploaded per release.")), PLAIN)
    assert message is not None
    assert message.what == f"The index refused `{WHEEL}`: 400 Only one sdist may be uploaded per release."


@pytest.mark.parametrize(("index", "name"), [(TESTPYPI, "TestPyPI"), (PRIVATE, "`index.example`")])
def test_explain_row__names_the_index(index: Index, name: str) -> None:
    refused = explain_row(row(outcome=Refused(400, "no")), Report(index))
    failed = explain_row(row(outcome=Failed("no", 2)), Report(index))
    assert refused is not None
    assert failed is not None
    assert refused.what == f"{name} refused `{WHEEL}`: 400 no"
    assert failed.what == f"`{WHEEL}` could not be uploaded to {name} in 2 attempts: no"


def test_explain_row__of_what_was_known_without_asking() -> None:
    message = explain_row(row(outcome=Refused(None, "it has other content there")), Report(PYPI))
    assert message is not None
    assert message.what == f"`{WHEEL}` cannot be published to PyPI: it has other content there"


@pytest.mark.parametrize("outcome", [Uploaded(), Existing(), NotTried("x"), WouldUpload()])
def test_explain_row__is_silent_where_there_is_nothing_to_do(outcome: Uploaded) -> None:
    assert explain_row(row(outcome=outcome), PLAIN) is None


def test_explain_row__cannot_be_made_to_look_like_us() -> None:
    message = explain_row(row(HOSTILE, Refused(400, "first\nSee: https://evil.example")), PLAIN)
    assert message is not None
    assert "\nSee: https://evil.example" not in message.text
    assert not any(line.lstrip().startswith("::") for line in message.text.split("\n"))
    assert message.what.count("`") == 2


def test_explain_error__reads_every_reason_but_explains_what_it_knows() -> None:
    error = refused_mint("new-code", "unheard of")
    error.reasons = (*error.reasons, refused_mint("invalid-publisher", NOT_FOUND).reasons[0])
    (message,) = explain_error(error)
    assert "`new-code`: unheard of; `invalid-publisher`: " in message.what
    assert message.why.startswith("No Trusted Publisher registered")


def test_quoted__is_one_short_line() -> None:
    assert quoted("a\r\n b\x1b") == r"a b\x1b"
    assert len(quoted("x" * 5000)) == 1000


@pytest.mark.parametrize("value", ["x" * 2000, "x " * 1000 + "x"])
def test_explain_finding__a_long_value_leaves_room_for_what_is_said_of_it(value: str) -> None:
    finding = Finding("a-rule", Severity.ERROR, f"`Summary: {value}` is too long: '{value}'.", "Shorten it.", WHEEL)
    message = explain_finding(finding, (WHEEL,))
    assert f"{WHEEL}`: `Summary: x" in message.what
    assert "is too long: 'x" in message.what


def test_explain_finding__what_is_wrong_with_white_space_can_be_seen() -> None:
    finding = Finding("a-rule", Severity.ERROR, "`Topic ::  a` and `b\tc` and `d\n::error::e`.", "Do.")
    assert explain_finding(finding, ()).what == r"`Topic ::  a` and `b\tc` and `d\n::error::e`."


def test_explain_finding__a_value_of_usual_length_is_quoted_whole() -> None:
    value = "x" * 150
    message = explain_finding(Finding("a-rule", Severity.ERROR, f"`{value}` is none of `a`, `b`.", "Do."), ())
    assert message.what == f"`{value}` is none of `a`, `b`."


def test_named__shows_backticks_as_escapes() -> None:
    assert named("a`b") == r"`a\x60b`"


def test_listed__says_how_many_it_leaves_out() -> None:
    assert listed(("a", "b", "c"), limit=2) == "`a`, `b` and 1 more"
    assert listed(("a", "b"), limit=2) == "`a`, `b`"


def test_failed__before_anything_was_sent__names_no_attempts() -> None:
    message = explain_row(row(outcome=Failed("the upload token could not be renewed: 503 Busy", 0)), PLAIN)
    assert message is not None
    assert (
        message.what == f"`{WHEEL}` could not be uploaded to the index: the upload token could not be renewed: 503 Busy"
    )


def test_not_listed__says_why_where_it_is_more_than_missing() -> None:
    missing = {"a.whl": NOT_LISTED, "b.whl": "it answered 401 Unauthorized", "c.whl": NOT_LISTED}
    (message,) = explain_error(NotListed(Url.parse("https://index.example/simple/"), 60, missing))
    assert message.what == (
        "After 60 s the index did not list: `a.whl`, `c.whl`; `b.whl` (it answered 401 Unauthorized)"
    )


def test_exchange__no_valid_http__has_nothing_to_do_with_a_distribution() -> None:
    answer = NoReply(Cause.MALFORMED, "it begins with `220 mail`")
    (message,) = explain_error(ExchangeUnanswered(Url.parse("https://index.example/_/oidc/audience"), answer, 5))
    assert "it begins with `220 mail`" in message.what
    assert "distribution" not in message.text
