from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.index.verdict import REASON_LIMIT, Meaning, distrust_login_page, extract_reason, judge_reply
from publisher.network.reply import Cause, NoReply, Reply


def of_json(status: int, content: object, reason: str = "") -> Reply:
    return Reply(status, reason, {"content-type": "application/json"}, json.dumps(content).encode())


def of_text(status: int, text: str, content_type: str = "text/plain", reason: str = "") -> Reply:
    return Reply(status, reason, {"content-type": content_type}, text.encode())


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        (Reply(200), Meaning.ACCEPTED),
        (Reply(201), Meaning.ACCEPTED),
        (of_json(400, {"code": "400 File already exists ('a.whl', with ...)."}), Meaning.EXISTS),
        (of_text(400, "The file already exists"), Meaning.EXISTS),
        (Reply(400, "Repository does not allow updating assets: pypi"), Meaning.EXISTS),
        (of_json(400, {"message": "Validation failed: File name has already been taken"}), Meaning.EXISTS),
        (of_json(422, {"message": "File name has already been taken"}), Meaning.EXISTS),
        (of_json(403, {"errors": [{"message": "Not enough permissions to overwrite artifact 'a' "}]}), Meaning.EXISTS),
        (of_json(403, {"errors": [{"message": "User needs DELETE permission."}]}), Meaning.EXISTS),
        (
            of_text(400, "<title>400 - Nexus</title><p>Repository does not allow updating assets", "text/html"),
            Meaning.EXISTS,
        ),
        (of_json(400, {"message": {"file_name": ["has already been taken"]}}), Meaning.EXISTS),
        (Reply(409), Meaning.EXISTS),
        (of_text(409, "whatever"), Meaning.EXISTS),
        (of_json(403, {"code": "403 Invalid API Token: token is expired, token is expired"}), Meaning.TOKEN_ENDED),
        (of_json(403, {"code": "403 Invalid or non-existent authentication information."}), Meaning.REFUSED),
        (of_json(401, {"code": "token is expired"}), Meaning.REFUSED),
        (
            of_json(400, {"code": "400 This filename was previously used by a file that has since been deleted."}),
            Meaning.REFUSED,
        ),
        (of_json(400, {"code": "400 The name 'x' is too similar to a project that already exists."}), Meaning.REFUSED),
        (of_text(500, "already exists"), Meaning.REFUSED),
        (of_text(404, "already exists"), Meaning.REFUSED),
        (Reply(429, "Too many new projects created"), Meaning.REFUSED),
    ],
)
def test_judge_reply__in_many_dialects(reply: Reply, meaning: Meaning) -> None:
    assert judge_reply(reply).meaning is meaning


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (of_json(400, {"code": "400 Bad name.", "message": "Sorry. Bad name.", "title": "Bad Request"}), "Bad name."),
        (of_json(400, {"detail": "Bad\n  name"}), "Bad name"),
        (of_json(400, {"type": "about:blank", "title": "Bad name", "status": 400}), "Bad name"),
        (of_json(409, {"code": "conflict", "message": "File exists"}), "File exists"),
        (of_json(409, {"code": "conflict"}), "conflict"),
        (of_json(400, {"code": "400", "error": "Bad name"}), "Bad name"),
        (of_json(400, {"code": 7, "message": " ", "error": {"code": 3, "message": "Bad name"}}), "Bad name"),
        (of_json(400, {"errors": [{"status": 400, "message": "Bad name"}]}), "Bad name"),
        (of_json(400, {"errors": []}, "Bad name"), "Bad name"),
        (of_json(400, ["Bad name"], "Worse"), "Worse"),
        (of_text(400, "400 Bad name\n\nBad\tname"), "Bad name Bad name"),
        (of_text(400, "<html><TITLE lang=x>400 Bad &amp; name</title >", "text/html"), "Bad & name"),
        (of_text(400, " <!doctype html><title>Bad name</title>", ""), "Bad name"),
        (of_text(502, "<html><h1>oops</h1>", "text/html", "Bad Gateway"), "Bad Gateway"),
        (of_text(400, "<title>400 - Nexus</title>", "text/html", "No updating"), "No updating"),
        (of_text(400, "<title>400 No updating!</title>", "text/html", "No updating"), "No updating!"),
        (of_text(400, "<title>Bad name</title>", "text/html", "Bad Request"), "Bad name"),
        (of_json(400, {"message": {"file_name": ["is bad"]}}), '{"file_name": ["is bad"]}'),
        (Reply(400, "Bad name"), "Bad name"),
        (Reply(400), ""),
        (of_text(400, "x" * 5000), "x" * REASON_LIMIT),
    ],
)
def test_extract_reason__the_index_s_own_words(reply: Reply, expected: str) -> None:
    assert extract_reason(reply) == expected


def test_judge_reply__carries_the_reason() -> None:
    assert judge_reply(of_text(400, "Bad name")).reason == "Bad name"


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "detail", "message", "error", "errors", "title"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.integers(200, 599), json_values, st.text(max_size=9))
def test_judge_reply__any_json(status: int, content: object, reason: str) -> None:
    verdict = judge_reply(of_json(status, content, reason))
    assert "\n" not in verdict.reason
    assert (verdict.meaning is Meaning.ACCEPTED) is (status < 300)


@given(st.binary(max_size=80), st.sampled_from(["", "text/html", "application/json", "text/plain"]))
def test_extract_reason__any_bytes(body: bytes, content_type: str) -> None:
    reason = extract_reason(Reply(400, "x", {"content-type": content_type}, body))
    assert reason == " ".join(reason.split())
    assert len(reason) <= REASON_LIMIT


@pytest.mark.parametrize("body", [b"<input type=password>", b'<HTML><form><INPUT name="p" TYPE = "password">'])
def test_distrust_login_page__a_success_that_asks_for_a_password(body: bytes) -> None:
    answer = distrust_login_page(Reply(200, "OK", {}, body))
    assert answer == NoReply(Cause.UNUSABLE, "200 OK with a login page", may_have_succeeded=True)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "OK", {"content-type": "text/html"}),
        Reply(201, "Created", {}, b"<ok/>"),
        Reply(200, "OK", {"content-type": "text/html"}, b"<html><title>200 OK</title></html>"),
        Reply(403, "Forbidden", {}, b"<input type=password>"),
    ],
)
def test_distrust_login_page__everything_else_stands(reply: Reply) -> None:
    assert distrust_login_page(reply) is reply
