import json
import re
from dataclasses import replace

import pytest

from publisher.errors import ExchangeUnanswered, MintRefused, Reason
from publisher.index.endpoints import Index
from publisher.index.outcome import OTHER_CONTENT, Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded
from publisher.index.simple_api import Comparison
from publisher.network.reply import Cause, NoReply, Reply
from publisher.preflight.model import Finding, Severity
from publisher.report.messages import find_row_messages
from publisher.report.messages.message import Link, Message
from publisher.report.messages.refusals import BY_STATUS, KNOWN, OF_TRUSTED
from publisher.report.messages.upload import explain_row, find_refusal, format_wait
from publisher.report.model import Report
from tests.unit.report.examples import HOSTILE, PRIVATE, PYPI, TESTPYPI, row
from tests.values import SDIST, WHEEL

FOLDED = 300  # characters, after which GitHub folds an annotation
BAD_TOKEN = "Invalid or non-existent authentication information. See /help"
EXPIRED = "Invalid API Token: token is expired, token is expired"
NOT_ALLOWED = "The user 'u' isn't allowed to upload to project 'p'. See"
ACCOUNT = "User 'u', associated with the API token used, does not have"
INVALID = "Invalid attestations supplied during upload:"
DAMAGED = "Invalid distribution file."


def explain(outcome: Outcome, report: Report | None = None, filename: str = WHEEL) -> Message:
    message = explain_row(row(filename, outcome), report or Report(PYPI))
    assert message is not None
    return message


def refused(status: int, reason: str, *, is_trusted: bool = False) -> Refused:
    return Refused(status, reason, is_trusted=is_trusted)


# What indexes say, the title, and what stands in the first lines.
TOKENS = [
    (403, "Invalid API Token: project-scoped token is not valid for project: 'p'", "Token of another project", "`p`"),
    (403, EXPIRED, "Token expired", "new token for PyPI"),
    (403, BAD_TOKEN, "Token not accepted", "Set `password`"),
    (403, "Username/Password authentication is no longer supported.", "Passwords not accepted", "`user: __token__`"),
    (403, NOT_ALLOWED, "No permission for the project", "not archived"),
    (403, f"{ACCOUNT} a verified primary email address.", "Account not set up", "`a verified primary email address`"),
    (403, f"{ACCOUNT} two-factor authentication enabled.", "Account not set up", "`two-factor authentication`"),
]
TRUSTED = [
    (400, "Non-user identities cannot create new projects.", "Project does not exist", "no project `sample`"),
    (403, "OIDC scoped token is not valid for project 'p'", "Token of another project", "Register this workflow"),
    (403, EXPIRED, "Upload token expired", "Run the job again"),
    (403, BAD_TOKEN, "Upload token not accepted", "Run the job again"),
    (403, "The given token isn't allowed to upload to project 'p'.", "Project archived or closed", "archived"),
    (401, "Unauthorized", "Upload token not accepted", "Run the job again"),
    (403, "No permission", "No permission", "may upload to this project"),
]
REFUSALS = [
    (403, "New project registration temporarily disabled. See", "Temporarily disabled", "`New project registration`"),
    (403, "Read-only mode: Uploads are temporarily disabled.", "Temporarily disabled", "later"),
    (400, "Organization account owning this project is inactive. This", "Organization inactive", "billing"),
    (429, "Too many new projects created", "Too many new projects", "pending publishers"),
    (400, f"{INVALID} Certificate's URI does not match", "Attestation of another workflow", "reusable"),
    (400, f"{INVALID} Unknown error while trying to verify", "Attestation could not be verified", "again"),
    (
        400,
        f"{INVALID} Attestations are only supported when using Trusted Publishing",
        "Attestations need",
        "`password`",
    ),
    (400, f"{INVALID} Malformed attestations", "Attestation not accepted", "`.attestation`"),
    (422, "attestations: unexpected field", "Attestation not accepted", "`attestations: false`"),
    (400, "Start filename for 'pypi-attestations' with", "Refused", "Fix what its answer reports"),
    (400, "This filename was previously used by a file that has since been deleted.", "File name used", "new version"),
    (409, "The version '1.0' has been deleted, and cannot be republished", "File name used before", "new version"),
    (400, "This filename has already been used, use a different version.", "File name used before", "new version"),
    (400, "Project size too large. Limit for project 'p' total size is 10 GB.", "Project too large", "Delete releases"),
    (400, "File too large. Limit for project 'p' is 100 MB.", "File too large", "smaller"),
    (400, "Only one sdist may be uploaded per release.", "Second sdist", "Leave only one"),
    (400, "Uploading new files to releases older than 14 days is not allowed.", "Release closed", "new version"),
    (400, "The description failed to render for 'text/x-rst'.", "Description cannot be rendered", "`text/markdown`"),
    (400, "has an unsupported platform tag 'linux_x86_64'.", "Wrong platform tag", "`linux_x86_64`"),
    (400, "has an unsupported platform tag 'macosx_16_0_arm64'.", "Wrong platform tag", "`delocate-wheel`"),
    (
        400,
        "has an unsupported platform tag 'emscripten_3_1_58_wasm32'.",
        "Wrong platform tag",
        "`emscripten_3_1_58_wasm32`",
    ),
    (400, "classifier introduced in metadata version 1.1, not 1.0.", "Metadata version too old", "`classifier`"),
    (400, "'Foo :: Bar' is not a valid classifier.", "Refused", "PyPI answered 400: \"'Foo :: Bar' is not a valid"),
    (400, "The name 'sampel' is too similar to an existing project.", "Project name not allowed", "`sampel`"),
    (400, "The name 'test' isn't allowed. See", "Project name not allowed", "`test`"),
    (409, "The name 'demo' conflicts with an existing project.", "Project name not allowed", "`demo`"),
    (
        400,
        f"{DAMAGED} PyArmor-encrypted content is not allowed.",
        "Content not accepted",
        "`PyArmor-encrypted content`",
    ),
    (400, f"{DAMAGED} File exceeds compression ratio of 50", "Content not accepted", "`compression ratio of 50`"),
    (400, f"{DAMAGED} File is not a tarfile", "Archive not accepted", "damaged"),
    (403, "maximum allowed package storage quota exceeded", "Storage full", "Delete files"),
    (413, "Datastore disk usage is too high. Contact your administrator", "Storage full", "operators"),
    (403, "Your proposed upload exceeds the maximum allowed size", "File too large", "smaller"),
    (400, "The digest supplied does not match a digest calculated from", "Changed on the way", "proxy"),
    (400, "something else", "Refused", "Fix what its answer reports"),
    (401, "", "Credentials not accepted", "`user`"),
    (403, "", "No permission", "may upload to this project"),
    (403, "Sorry, you have been blocked", "No permission", "you have been blocked"),
    (404, "Could not locate artifact", "Upload URL not accepted", 'PyPI answered 404: "Could not locate artifact"'),
    (405, "", "Upload URL not accepted", "`repository-url`"),
    (409, "The request conflicts with the state of the feed", "Conflict", "new version"),
    (413, "", "File too large", "smaller"),
    (501, "Unsupported method ('POST')", "Upload URL not accepted", "`repository-url`"),
    (507, "", "Storage full", "Delete files"),
    (418, "", "Refused", "Fix what"),
    (429, "Quota exceeded for requests per minute", "Too many requests", "later"),
]
ALL = [*((*each, True) for each in TRUSTED), *((*each, False) for each in (*TOKENS, *REFUSALS))]


@pytest.mark.parametrize("index", [PYPI, PRIVATE, None])
@pytest.mark.parametrize(("status", "reason", "title", "words", "is_trusted"), ALL)
def test_wrong_cause__every_refusal(
    status: int, reason: str, title: str, words: str, is_trusted: bool, index: Index | None
) -> None:
    message = explain(refused(status, reason, is_trusted=is_trusted), Report(index, (row(), row(SDIST))))
    shown = f"{message.render_what()}\n{message.remedy}"
    assert message.title.startswith(title)
    assert (words in shown) or index is not PYPI
    assert len(shown) <= FOLDED
    assert "{" not in message.text
    assert message.text.count(f"answered {status}") == 1
    assert reason in message.text
    assert not message.link or index is PYPI
    if is_trusted:
        assert "`password`" not in message.text


def test_dialects__the_words_of_an_unknown_refusal_come_first() -> None:
    message = explain(refused(400, f"{WHEEL} is not {'so ' * 100}good"))
    assert message.what.startswith('PyPI answered 400: "… is not so so')
    assert len(message.what) < FOLDED
    assert message.words.endswith('so good"')


def test_wrong_cause__every_known_refusal_has_an_example() -> None:
    found = {find_refusal(refused(status, reason, is_trusted=trusted))[0] for status, reason, _, _, trusted in ALL}
    assert found >= {*OF_TRUSTED.values(), *KNOWN.values(), *BY_STATUS.values()}


def test_wrong_cause__a_pending_publisher_under_another_name_leaves_an_empty_project() -> None:
    message = explain(refused(400, "Non-user identities cannot create new projects.", is_trusted=True))
    assert "an empty project" in message.why


@pytest.mark.parametrize("tag", ["macosx_16_0_arm64", "emscripten_3_1_58_wasm32", "linux_armv8l", "ios_1", "android_1"])
def test_wrong_cause__auditwheel_for_linux_only(tag: str) -> None:
    assert "auditwheel" not in explain(refused(400, f"unsupported platform tag '{tag}'")).text
    assert "auditwheel" in explain(refused(400, "unsupported platform tag 'linux_aarch64'")).text


def test_wrong_cause__status_page_of_the_known_index_only() -> None:
    outage = Failed(Reply(503, "Service Unavailable"), 5)
    assert explain(outage).link == Link.STATUS
    assert "status.python.org" not in explain(outage, Report(PRIVATE)).text


def test_wrong_cause__a_server_error_for_one_file_names_its_warning() -> None:
    findings = [
        Finding("archive-record", Severity.WARNING, "x", "y", WHEEL, title="Blank line in RECORD"),
        Finding("x", Severity.WARNING, "x", "y", SDIST, title="Of another file"),
    ]
    failed = Failed(Reply(500, "Internal Server Error"), 5)
    message = explain(failed, Report(PYPI, findings=findings))
    assert (message.title, message.link) == ("Index fails on this file", "")
    assert "“Blank line in RECORD”" in message.remedy
    untitled = [replace(findings[0], title=""), replace(findings[0], may_be_refused=False, title="Harmless")]
    assert "“archive-record”" in explain(failed, Report(PYPI, findings=untitled)).remedy
    assert explain(failed, Report(PYPI, findings=findings[1:])).title == "Index unavailable"
    assert explain(Failed(NoReply(Cause.RESET), 5), Report(PYPI, findings=findings)).title == "Upload failed"
    assert explain(Failed(Reply(503), 5), Report(PYPI, findings=findings)).title == "Index unavailable"
    rows = (row(outcome=failed), row(SDIST, failed))
    assert explain(failed, Report(PYPI, rows, findings=findings)).title == "Index unavailable"


@pytest.mark.parametrize(
    ("outcome", "title", "words"),
    [
        (Refused(None, OTHER_CONTENT), "File name already used", "already has a file of this name with other content"),
        (Refused(409, "exists", Comparison.DIFFERENT), "File name already used", "with other content"),
        (Refused(409, "exists", Comparison.UNKNOWN), "File name already used", "`check-url`"),
        (Refused(409, "exists", Comparison.ABSENT), "Reported as existing, but not listed", "under another name"),
        (Skipped(OTHER_CONTENT), "Skipped", "with other content"),
        (Skipped("File already exists"), "Skipped", "could not be compared"),
        (Uploaded(1, 'it answered 200 with a web page ("devpi")'), "Upload not confirmed", '("devpi")'),
    ],
)
def test_green_without_a_release__explained(outcome: Outcome, title: str, words: str) -> None:
    message = explain(outcome, Report(PRIVATE))
    assert message.title == title
    assert words in message.text
    assert "`index.example`" in message.what


def test_green_without_a_release__advice_when_the_listing_is_known() -> None:
    remedy = explain(Uploaded(1, "x"), Report(PYPI)).remedy
    assert "`check-url`" not in remedy
    assert "`wait-for-index`" in remedy


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (refused(403, BAD_TOKEN), "test-password"),
        (refused(401, ""), "test-password"),
        (refused(404, ""), "test-index-url"),
        (Failed(NoReply(Cause.REDIRECT), 1), "test-index-url"),
    ],
)
def test_wrong_cause__a_rehearsal_names_its_own_inputs(outcome: Outcome, name: str) -> None:
    text = explain(outcome, Report(PRIVATE, is_rehearsal=True)).text
    assert f"`{name}`" in text
    assert not {"`password`", "`repository-url`"} & set(re.findall("`[^`]*`", text))
    assert f"`{name}`" not in explain(outcome, Report(PRIVATE)).text


def test_green_without_a_release__a_doubt_is_a_warning() -> None:
    rows = (
        row(outcome=Uploaded(2, "x")),
        row(SDIST, Skipped("x")),
        row("a.whl", Existing()),
        row("b.whl", NotTried("x")),
    )
    assert [severity for severity, _ in find_row_messages(Report(PYPI, rows))] == [Severity.WARNING] * 2


@pytest.mark.parametrize(
    "outcome", [refused(400, "File too large."), refused(400, "unsupported platform tag 'linux_x86_64'")]
)
def test_released_in_part__keep_the_others(outcome: Outcome) -> None:
    def remedy(*others: Outcome, is_rehearsal: bool = False) -> str:
        rows = (row(outcome=outcome), *(row(SDIST, each) for each in others))
        return explain(outcome, Report(PYPI, rows, is_rehearsal=is_rehearsal)).remedy

    parted = "Build only the refused files again, and keep the others as they are"
    assert parted in remedy(Uploaded())
    for alone in (remedy(), remedy(NotTried("x")), remedy(Uploaded(), is_rehearsal=True)):
        assert parted not in alone


def test_equal_refusals__of_many_files_are_one_message() -> None:
    reason = "Binary wheel '{}' (sha256 {}) has an unsupported platform tag 'linux_x86_64'."
    rows = [row(f"{name}.whl", refused(400, reason.format(f"{name}.whl", name * 64))) for name in "abcd"]
    ((_, message),) = find_row_messages(Report(PYPI, rows))
    assert message.render_what() == (
        "PyPI does not accept wheels tagged `linux_x86_64`: `a.whl`, `b.whl`, `c.whl` and 1 more"
    )
    assert message.words == (
        "PyPI answered 400: \"Binary wheel '…' (sha256 …) has an unsupported platform tag 'linux_x86_64'.\""
    )


@pytest.mark.parametrize(("seconds", "expected"), [(55569, "15 h 26 min"), (3600, "1 h 0 min"), (149.6, "2 min 30 s")])
def test_dialects__when_another_try_is_possible(seconds: float, expected: str) -> None:
    assert format_wait(seconds) == expected
    for outcome in (Refused(429, "x", seconds=seconds), Failed(Reply(503), 5, seconds=seconds)):
        assert explain(outcome).remedy.startswith(f"Possible again in {expected}. ")
        assert "Possible again" not in explain(replace(outcome, seconds=120)).remedy


RENEWAL = PYPI.upload_url.at("/_/oidc/mint-token")


@pytest.mark.parametrize(
    ("cause", "attempts", "what", "words"),
    [
        *(
            (NoReply(cause), 1, f"{str(cause).capitalize()}. The upload to PyPI failed in 1 attempt", "")
            for cause in Cause
        ),
        (NoReply(Cause.TIMEOUT_SEND, "300 s"), 5, "(300 s). The upload to PyPI failed in 5 attempts", "`timeout`"),
        (
            Reply(503, "Busy", body=b"backend {down}"),
            5,
            "PyPI answered 503 Busy in 5 attempts",
            '503: "backend {down}"',
        ),
        (Reply(524, body=b"<title>A timeout"), 5, "PyPI answered 524 in 5 attempts", "something in front of it"),
        (Reply(500, "Internal Server Error"), 5, "PyPI answered 500 Internal Server Error in 5 attempts", ""),
        (ExchangeUnanswered(RENEWAL, Reply(503, "Busy"), 5), 1, "could not be renewed: 503 Busy. The", "not issue"),
        (
            MintRefused(RENEWAL, Reply(422), 1, (Reason("code", "why"),), {}),
            1,
            "renewed: `code`: why. The",
            "not issue",
        ),
    ],
)
def test_failed__names_the_cause_first(cause: Reply | NoReply, attempts: int, what: str, words: str) -> None:
    message = explain(Failed(cause, attempts))
    assert what.lower() in message.what.lower()
    assert words in message.text
    assert "nevertheless" not in message.text
    assert message.text.count("Internal Server Error") <= 1
    assert "may have the file nevertheless" in explain(Failed(cause, attempts, may_be_uploaded=True)).why


def test_different_content_on_the_test_index__no_action() -> None:
    message = explain(Skipped(OTHER_CONTENT), Report(TESTPYPI, is_rehearsal=True))
    assert message.what.startswith("TestPyPI already has a file of this name with other content")
    assert message.remedy.startswith("No action is needed")


def test_external_text__cannot_pose_as_ours() -> None:
    reason = f"the name '{HOSTILE}`{{index}}' isn't allowed\nSee: https://evil.example"
    for outcome in (refused(400, reason), Failed(Reply(503, HOSTILE), 5), Uploaded(1, HOSTILE), Skipped(HOSTILE)):
        message = explain(outcome, filename=HOSTILE)
        assert "\nSee: https://evil.example" not in message.text
        assert not any(line.lstrip().startswith("::") for line in message.text.split("\n"))
        assert json.dumps(message.text, ensure_ascii=True).count("\\u001b") == 0


@pytest.mark.parametrize("outcome", [Uploaded(), Existing(), NotTried("x"), Failed(None, 1)])
def test_explain_row__of_an_outcome_without_action_is_none(outcome: Outcome) -> None:
    assert explain_row(row(outcome=outcome), Report(PYPI)) is None
