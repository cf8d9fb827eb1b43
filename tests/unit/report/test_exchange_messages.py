"""What people read when Trusted Publishing yields no token, or an input is wrong; GitHub folds after three lines."""

import pytest

from publisher import errors
from publisher.index.endpoints import Index
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.url import Url
from publisher.report.messages import explain_error
from publisher.report.messages.message import Link, Message
from tests.unit.report.examples import CLAIMS, PRIVATE, PYPI, REUSABLE_ELSEWHERE, REUSABLE_HERE, TESTPYPI, refused_mint

FOLD = 300
ISSUER = "https://token.actions.githubusercontent.com"
JOB = "owner `octo-org`, repository `sample-project`, workflow `release.yml`, environment `pypi`"
FORM = "manage/project/sample/settings/publishing/?provider=github"
STALE = ("invalid-pending-publisher", "valid token, but project already exists")
NO_ISSUER = ("invalid-payload", "unknown trusted publishing issuer")
MISSING_CLAIM = ("invalid-publisher", "valid token, but no corresponding publisher (Missing claim 'job_workflow_ref')")
MINT, AUDIENCE = "/_/oidc/mint-token", "/_/oidc/audience"


def explain(error: errors.PublisherError) -> Message:
    (message,) = explain_error(error)
    return message


def check_first_lines(message: Message, *words: str) -> None:
    """Check that what is visible before the fold has these words, and that the title is a phrase."""
    assert " " in message.title
    assert "`" not in message.title
    for each in words:
        assert each in message.text[:FOLD], message.text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refused_mint(), (f"PyPI has no Trusted Publisher for {JOB}.", f"exactly this: {PYPI.pages}{FORM}")),
        (refused_mint(index=TESTPYPI), ("TestPyPI has no Trusted Publisher", f"this: {TESTPYPI.pages}{FORM}")),
        (refused_mint(index=PRIVATE), ("`index.example` has no", "Register exactly this, or change the job to match.")),
        (
            refused_mint(claims=CLAIMS | {"environment": None}, projects={"sample": False}),
            ("environment (none).", f"the new project `sample`: {PYPI.pages}manage/account/publishing/, or"),
        ),
        (refused_mint(claims=REUSABLE_HERE), ("`publish.yml` (reusable, called by `release.yml`)", "Register")),
        (refused_mint(claims=REUSABLE_ELSEWHERE), ("`octo-org/shared/", "Move the", "release.yml`")),
        (refused_mint(elsewhere={TESTPYPI.upload_url: True}), ("`pypi`, but TestPyPI has one.", "Register")),
        (refused_mint(index=TESTPYPI, elsewhere={PYPI.upload_url: True}), ("TestPyPI has no", "but PyPI has one.")),
        (refused_mint(elsewhere={TESTPYPI.upload_url: False}), ("environment `pypi`, and neither does TestPyPI.",)),
        (refused_mint(elsewhere={PRIVATE.upload_url: True}), ("but `index.example` has one.",)),
        (refused_mint(*STALE), ("has just removed the pending publisher", "run it again", FORM)),
        (
            refused_mint(*MISSING_CLAIM, claims=CLAIMS | {"iss": "https://ghes.example/_services/token"}),
            ("issued by `https://ghes.example/_services/token`", "Publish from a repository on GitHub.com"),
        ),
        (
            refused_mint(*NO_ISSUER, claims=CLAIMS | {"iss": f"{ISSUER}/octo-enterprise"}),
            (f"PyPI does not accept ID tokens issued by `{ISSUER}/octo-enterprise`", "include_enterprise_slug"),
        ),
        (refused_mint(*NO_ISSUER, claims=CLAIMS | {"iss": "https://ghes.example/x"}), ("`https://ghes.example/x`",)),
    ],
)  # fmt: skip
def test_refused_mint__cause_and_fix_before_the_fold(error: errors.MintRefused, words: tuple[str, ...]) -> None:
    message = explain(error)
    check_first_lines(message, *words)
    assert error.reasons[0].description in message.words
    assert "upload.pypi.org" not in message.text


def test_refused_mint__hints_that_apply_to_this_run() -> None:
    plain, rerun = explain(refused_mint()), explain(refused_mint(claims=CLAIMS | {"run_attempt": "2"}))
    assert rerun.remedy == plain.remedy.replace(
        "to match.", "to match in a new run: a rerun keeps the workflow file of its commit."
    )
    assert "the account was renamed or re-created (its ID is now `65`)" in plain.why
    assert "environment" not in plain.why
    reusable = explain(refused_mint(claims=REUSABLE_HERE))
    assert reusable.why.startswith("Registered like this, a reusable workflow publishes without attestations.")
    several = explain(refused_mint(projects={"a": True, "b": True, "c": False}))
    assert "environment=pypi (the job summary has 2 more), or change" in several.remedy
    new = explain(refused_mint(projects={"sample": False}))
    assert new.why.startswith("With any other project name, the exchange creates an empty project of that name.")
    unset = explain(refused_mint(claims=CLAIMS | {"environment": None}))
    assert unset.why.startswith("The job sets no `environment:`; a registration that names one does not match.")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("too-many-projects", "This publisher has too many projects."),
        ("invalid-payload", "New project registration temporarily disabled."),
        ("something-new", "a reason of tomorrow"),
    ],
)
def test_refused_mint__an_unknown_reason_comes_first_and_blames_nobody(code: str, words: str) -> None:
    message = explain(refused_mint(code, words))
    assert message.what == f"PyPI did not issue an upload token: `{code}`: {words}"
    assert not message.why
    assert not message.words
    assert "claim" not in message.text
    assert "GitHub" not in message.text


def test_refused_mint__a_reason_without_a_description() -> None:
    assert explain(refused_mint("something-new", "")).what == "PyPI did not issue an upload token: `something-new`"


def test_refused_mint__a_long_reason_leaves_room_for_the_remedy() -> None:
    message = explain(refused_mint("something-new", "reason " * 100))
    check_first_lines(message, "`something-new`: reason reason", "run the job again")
    assert "reason " * 99 in message.words


def test_refused_mint__a_token_that_was_used_before() -> None:
    message = explain(refused_mint("invalid-reuse-token", "invalid token: already used"))
    check_first_lines(message, "ID token before", "Run the job again.")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(400, "Bad Request", {"content-type": "text/plain"}, b"clock skew\ntoo large"), "clock skew too large"),
        (Reply(404, "Not Found", {"content-type": "application/json"}, b'{"detail": "no such role"}'), "no such role"),
        (Reply(422, "Unprocessable Entity"), "Unprocessable Entity"),
    ],
)
def test_refused_mint__without_reasons_quotes_the_answer(reply: Reply, words: str) -> None:
    message = explain(errors.MintRefused(PRIVATE.upload_url.at(MINT), reply, 1, (), CLAIMS))
    assert message.what.startswith(f"`index.example` did not issue an upload token: {reply.summary}")
    assert message.what.endswith(words)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://elsewhere.example/x", "it leads to another origin, `https://elsewhere.example/`"),
        ("/x", "it leads to `https://index.example/x`"),
        ("", "it has no `Location`"),
    ],
)
def test_exchange__a_redirect_is_no_refusal(location: str, words: str) -> None:
    reply = Reply(308, "Permanent Redirect", {"location": location})
    for error in (
        errors.MintRefused(PRIVATE.upload_url.at(MINT), reply, 1, (), CLAIMS),
        errors.AudienceRefused(PRIVATE.upload_url.at(AUDIENCE), reply, 1),
    ):
        message = explain(error)
        check_first_lines(message, words, "correct `repository-url`")
        assert message.title == "The exchange was redirected"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Reply(404, "Not Found", body=b"nothing here"),
            ("404 Not Found\n", "it is empty in this run", "says: nothing here"),
        ),
        (
            Reply(403, "Forbidden", body=b'{"message": "not enabled"}'),
            ("403 Forbidden\n", "later", "says: not enabled"),
        ),
        (NoReply(Cause.MALFORMED), ("the answer is not valid HTTP", "Correct `repository-url`")),
    ],
)
def test_refused_audience__cause_and_fix_before_the_fold(answer: Answer, words: tuple[str, ...]) -> None:
    check_first_lines(explain(errors.AudienceRefused(PRIVATE.upload_url.at(AUDIENCE), answer, 1)), *words)


REFUSED_CONNECTION = NoReply(Cause.CONNECT, "Connection refused")


@pytest.mark.parametrize(
    ("url", "answer", "words"),
    [
        ("http://localhost:3141", REFUSED_CONNECTION, ("service container", "`http://devpi:3141/`")),
        ("http://devpi:3141", REFUSED_CONNECTION, ("Asked `devpi` 5 times", "Run the job again.")),
        ("https://upload.pypi.org", Reply(503, "Busy"), ("PyPI answered 503 Busy in 5 attempts.", "in a few minutes")),
        (
            "https://index.example",
            Reply(429, "Slow", body=b"10 per hour"),
            ("`index.example` answered 429 Slow", "is limited", "says: 10 per hour"),
        ),
        (
            "https://index.example",
            NoReply(Cause.UNUSABLE, "200 without an upload token"),
            ("Correct `repository-url`", "login page"),
        ),
    ],
)
def test_no_answer__who_was_asked_and_what_to_do(url: str, answer: Answer, words: tuple[str, ...]) -> None:
    check_first_lines(explain(errors.ExchangeUnanswered(Url.parse(f"{url}{AUDIENCE}"), answer, 5)), *words)


@pytest.mark.parametrize("index", [PYPI, TESTPYPI, PRIVATE])
def test_status_page__never_that_of_pypi_for_another_index(index: Index) -> None:
    ends = (
        *(refused_mint(code, "x", index=index) for code in ("invalid-token", "not-enabled")),
        errors.ExchangeUnanswered(index.upload_url.at(MINT), Reply(503), 5),
    )
    assert {explain(error).link for error in ends} == {Link.STATUS if index.known else ""}


def test_refused_id_token__quoted_unless_it_may_hold_a_token() -> None:
    for status, is_quoted in ((200, False), (201, False), (401, True)):
        reply = Reply(status, "", {"content-type": "application/json"}, b'{"message": "canary 4711"}')
        assert ("canary" in explain(errors.IdTokenRefused(PYPI.upload_url, reply, 1)).text) is is_quoted


def test_wrong_input__name_value_and_what_to_write() -> None:
    problems = (
        errors.Problem("dry-run", "is `wet`, which is neither yes nor no", "Allowed: `true`."),
        errors.Problem("SSL_CERT_FILE", "cannot be used"),
        errors.Problem("https_proxy", "cannot be used"),
    )
    first, *variables = explain_error(errors.SettingsError(problems))
    check_first_lines(first, "`dry-run` is `wet`, which is neither yes nor no.\nAllowed: `true`.")
    assert [each.title for each in (first, *variables)] == ["Wrong input", *["Unusable variable"] * 2]
