import json

import pytest

from publisher.index.outcome import (
    ANSWER_LOST,
    OTHER_CONTENT,
    Attempts,
    Existing,
    Failed,
    Outcome,
    Refused,
    Skipped,
    Uploaded,
    build_outcome,
    is_certain,
    settle_outcome,
)
from publisher.index.simple_api import Comparison
from publisher.index.verdict import NOT_YET
from publisher.network.reply import Answer, Cause, NoReply, Reply
from tests.values import NOW, build_distribution

ABSENT, IDENTICAL, DIFFERENT, NO_DIGEST, UNKNOWN = Comparison
OURS = build_distribution().digests


def of_json(status: int, content: object) -> Reply:
    return Reply(status, body=json.dumps(content).encode())


def refuse(status: int, message: str) -> Reply:
    return of_json(status, {"message": message})


def decide(answer: Answer, found: Comparison, *, lost: bool = False, skip: bool = False) -> Outcome:
    attempts = Attempts(answer, 2, lost)
    outcome = build_outcome(attempts, NOW, is_trusted=False)
    return (
        outcome if is_certain(outcome, attempts) else settle_outcome(outcome, attempts, found, OURS, skip_existing=skip)
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        *((Reply(status), Uploaded(2)) for status in (200, 201, 204)),
        *(
            (Reply(200, body=body), Uploaded(2))
            for body in (b"\n\n", b"OK", b'{"page": "<html>", "error": null}', b"<result>x")
        ),
        *((NoReply(cause), Failed(NoReply(cause), 2)) for cause in (Cause.CONNECT, Cause.REDIRECT)),
        (Reply(503), Failed(Reply(503), 2)),
        *((refuse(status, "no"), Refused(status, "no")) for status in (401, 413, 429)),
    ],
)
@pytest.mark.parametrize("found", Comparison)
def test_is_certain__whatever_the_listing_has(answer: Answer, expected: Outcome, found: Comparison) -> None:
    assert decide(answer, found) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"ratelimit": '"project.create.user";r=0;t=55569'}, 55569), ({"retry-after": "3600"}, 3600), ({}, None)],
)
def test_build_outcome__when_another_try_is_possible(headers: dict[str, str], seconds: float | None) -> None:
    limited, down = Reply(429, headers=headers, body=b"x"), Reply(503, headers=headers)
    for answer, expected in {
        "limited": (limited, Refused(429, "x", seconds=seconds, is_trusted=True)),
        "down": (down, Failed(down, 1, may_be_uploaded=True, seconds=seconds)),
    }.values():
        assert build_outcome(Attempts(answer, 1, may_be_stored=True), NOW, is_trusted=True) == expected


EXISTS = refuse(400, "File exists.")
SAME = refuse(409, f"File exists, sha256: {OURS.sha256}")
OTHER = refuse(409, f"File exists, sha256: {'0' * 64}")
SENT = refuse(409, f"File exists, blake2_256: {OURS.blake2b_256}")  # of what was sent, on PyPI
FAILED = Failed(Reply(503), 2, may_be_uploaded=True)
SKIPPED = Skipped(OTHER_CONTENT)


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize(
    ("answer", "lost", "found", "expected", "expected_with_skip_existing"),
    [
        # By the listing, whatever the words.
        *((answer, False, IDENTICAL, Existing(), Existing()) for answer in (EXISTS, Reply(404), refuse(403, "No"))),
        *((answer, True, IDENTICAL, Uploaded(2), Uploaded(2)) for answer in (EXISTS, OTHER, Reply(503))),
        (EXISTS, False, DIFFERENT, Refused(400, "File exists.", DIFFERENT), SKIPPED),
        (refuse(422, "No"), True, DIFFERENT, Refused(422, "No", DIFFERENT), SKIPPED),
        (Reply(503), True, DIFFERENT, Refused(None, OTHER_CONTENT, DIFFERENT), SKIPPED),
        *(
            (EXISTS, lost, ABSENT, Refused(400, "File exists.", ABSENT), Refused(400, "File exists.", ABSENT))
            for lost in (False, True)
        ),
        (Reply(503), True, ABSENT, FAILED, FAILED),
        # By the words.
        (SAME, False, UNKNOWN, Existing(), Existing()),
        (SAME, True, UNKNOWN, Uploaded(2), Uploaded(2)),
        (OTHER, True, UNKNOWN, Refused(409, f"File exists, sha256: {'0' * 64}", DIFFERENT), SKIPPED),
        *((answer, True, UNKNOWN, Uploaded(2, ANSWER_LOST), Uploaded(2, ANSWER_LOST)) for answer in (EXISTS, SENT)),
        (EXISTS, False, UNKNOWN, Refused(400, "File exists.", UNKNOWN), Skipped("File exists.")),
        (Reply(503), True, UNKNOWN, FAILED, FAILED),
        # By the listing, although it states no digest; the words of a refusal that is no duplicate prove nothing.
        *(
            (refuse(status, words), False, NO_DIGEST, Refused(status, words, UNKNOWN), Skipped(words))
            for status, words in ((409, ""), (403, "No permission"), (400, f"sha256 {'0' * 64} is expected"))
        ),
        (SAME, False, NO_DIGEST, Existing(), Existing()),
        (Reply(409), True, NO_DIGEST, Uploaded(2, ANSWER_LOST), Uploaded(2, ANSWER_LOST)),
        (refuse(401, "No"), True, NO_DIGEST, Refused(401, "No"), Refused(401, "No")),
        (Reply(503), True, NO_DIGEST, FAILED, FAILED),
        # Never by the status.
        *(
            (refuse(status, words), lost, found, Refused(status, words), Refused(status, words))
            for found in (ABSENT, UNKNOWN)
            for lost in (False, True)
            for status, words in (
                (409, "The version '1.0' of the package 'demo' has been deleted, and cannot be republished"),
                (409, "The request conflicts with the state of the feed"),
                (409, "The name 'demo' conflicts with an existing project. See the help for more information."),
                (409, ""),
                (403, "Project demo already exists and has another owner"),
                (404, "Could not locate artifact"),
                (422, "The package type is unknown"),
                (400, "previously used by a file that has since been deleted"),
            )
        ),
    ],
)
def test_settle_outcome__of_a_refusal_or_an_outage(
    answer: Reply,
    lost: bool,
    found: Comparison,
    expected: Outcome,
    expected_with_skip_existing: Outcome,
    skip: bool,
) -> None:
    decided = decide(answer, found, lost=lost, skip=skip)
    assert decided == (expected_with_skip_existing if skip else expected)


PAGE = Reply(200, "OK", body=b"<!doctype html><html><head><title>devpi</title></head><body><h1>Indexes</h1>")


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (PAGE, 'it answered 200 OK with a web page ("devpi")'),
        (Reply(203, body=b"<!DOCTYPE html><title>Sign in</title>"), 'it answered 203 with a web page ("Sign in")'),
        (Reply(206), "it answered 206, which confirms no upload"),
        (Reply(200, body=b"<h1>It works</h1>"), 'it answered 200 with a web page ("It works")'),
        (Reply(201, body=b"<?xml version='1.0'?><!DOCTYPE HTML><title>A"), 'it answered 201 with a web page ("A")'),
        (of_json(202, {"task": "/api/v3/tasks/1/"}), NOT_YET),
    ],
)
def test_settle_outcome__of_a_success_that_proves_nothing(answer: Reply, doubt: str) -> None:
    absent = NoReply(Cause.UNUSABLE, f"{doubt}, and the listing lacks the file", may_have_succeeded=True)
    failed = Failed(absent, 2, may_be_uploaded=True)
    assert decide(answer, UNKNOWN) == decide(answer, NO_DIGEST) == Uploaded(2, doubt)
    assert decide(answer, ABSENT) == (Uploaded(2, doubt) if doubt == NOT_YET else failed)
    assert decide(answer, IDENTICAL) == Uploaded(2)
    assert decide(answer, DIFFERENT) == Refused(None, OTHER_CONTENT, DIFFERENT)


@pytest.mark.parametrize(
    "document", [{"error": "Quota"}, {"errors": [{"message": "Quota"}]}, {"success": False, "msg": "Quota"}]
)
def test_settle_outcome__of_a_success_that_reports_an_error(document: dict[str, object]) -> None:
    answer = of_json(200, document)
    assert decide(answer, UNKNOWN) == Uploaded(2, 'it answered 200 with an error ("Quota")')
    assert decide(answer, ABSENT) == Refused(200, "Quota")
    assert decide(answer, IDENTICAL) == Uploaded(2)
