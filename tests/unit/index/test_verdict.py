from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.index.verdict import REASON_LIMIT, distrust_login_page, extract_reason, is_duplicate, is_expired_token
from publisher.network.reply import Cause, NoReply, Reply


def of_json(status: int, content: object, reason: str = "") -> Reply:
    return Reply(status, reason, {"content-type": "application/json"}, json.dumps(content).encode())


def of_text(status: int, text: str, content_type: str = "text/plain", reason: str = "") -> Reply:
    return Reply(status, reason, {"content-type": content_type}, text.encode())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(200), False),
        (Reply(201), False),
        (of_json(400, {"code": "400 File already exists ('a.whl', with ...)."}), True),
        (of_text(400, "The file already exists"), True),
        (Reply(400, "Repository does not allow updating assets: pypi"), True),
        (of_json(400, {"message": "Validation failed: File name has already been taken"}), True),
        (of_json(422, {"message": "File name has already been taken"}), True),
        (of_json(403, {"errors": [{"message": "Not enough permissions to overwrite artifact 'a' "}]}), True),
        (of_json(403, {"errors": [{"message": "User needs DELETE permission."}]}), True),
        (
            of_text(400, "<title>400 - Nexus</title><p>Repository does not allow updating assets", "text/html"),
            True,
        ),
        (of_json(400, {"message": {"file_name": ["has already been taken"]}}), True),
        (Reply(409), True),
        (of_text(409, "whatever"), True),
        (of_json(403, {"code": "403 Invalid or non-existent authentication information."}), False),
        (
            of_json(400, {"code": "400 This filename was previously used by a file that has since been deleted."}),
            False,
        ),
        (of_json(400, {"code": "400 The name 'x' is too similar to a project that already exists."}), False),
        (of_text(500, "already exists"), False),
        (of_text(404, "already exists"), False),
        (Reply(429, "Too many new projects created"), False),
    ],
)
def test_is_duplicate__in_many_dialects(reply: Reply, expected: bool) -> None:
    assert is_duplicate(reply) is expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (of_json(403, {"code": "403 Invalid API Token: token is expired, token is expired"}), True),
        (of_json(403, {"code": "403 Invalid or non-existent authentication information."}), False),
        (of_json(401, {"code": "token is expired"}), False),
    ],
)
def test_is_expired_token__in_the_words_of_pypi(reply: Reply, expected: bool) -> None:
    assert is_expired_token(reply) is expected


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


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "detail", "message", "error", "errors", "title"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.integers(200, 599), json_values, st.text(max_size=9))
def test_extract_reason__any_json(status: int, content: object, reason: str) -> None:
    assert "\n" not in extract_reason(of_json(status, content, reason))


@given(st.binary(max_size=80), st.sampled_from(["", "text/html", "application/json", "text/plain"]))
def test_extract_reason__any_bytes(body: bytes, content_type: str) -> None:
    reason = extract_reason(Reply(400, "x", {"content-type": content_type}, body))
    assert reason == " ".join(reason.split())
    assert len(reason) <= REASON_LIMIT


@pytest.mark.parametrize(
    ("status", "body", "is_distrusted"),
    [
        (200, b"<input type=password>", True),
        (200, b'<HTML><form><INPUT name="p" TYPE = "password">', True),
        (200, b"", False),
        (200, b"<html><title>200 OK</title></html>", False),
        (403, b"<input type=password>", False),
    ],
)
def test_distrust_login_page__a_success_that_asks_for_a_password(status: int, body: bytes, is_distrusted: bool) -> None:
    reply = Reply(status, "OK", {"content-type": "text/html"}, body)
    expected = NoReply(Cause.UNUSABLE, "200 OK with a login page", may_have_succeeded=True)
    assert distrust_login_page(reply) == (expected if is_distrusted else reply)
