import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.reason import REASON_LIMIT, extract_reason
from publisher.network.reply import Reply


def of_json(status: int, content: object, reason: str = "") -> Reply:
    return Reply(status, reason, {"content-type": "application/json"}, json.dumps(content).encode())


def of_text(status: int, text: str, content_type: str = "text/plain", reason: str = "") -> Reply:
    return Reply(status, reason, {"content-type": content_type}, text.encode())


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
        (of_json(400, ["Bad name", 7], "Worse"), "Bad name"),
        (of_json(400, "Bad name"), "Bad name"),
        (of_json(400, {"filetype": ['"x" is no choice.'], "name": ["bad"]}), 'filetype: "x" is no choice.; name: bad'),
        (of_json(400, {"non_field_errors": ["Bad name"]}), "Bad name"),
        (of_json(422, {"detail": [{"loc": ["body"], "msg": "field required", "type": "x.y"}]}), "field required"),
        (of_json(403, {"Message": "User is not authorized."}), "User is not authorized."),
        (of_json(403, {"error": "insufficient_scope", "error_description": "More rights."}), "More rights."),
        (of_json(400, {"title": "Invalid input found", "errors": {"name": ["is bad"]}}), "name: is bad"),
        (of_json(400, {"message": "Bad Request", "title": "Bad name given"}), "Bad name given"),
        (of_json(400, [[[[[[["too deep"]]]]]]], "Bad name"), "Bad name"),
        (of_text(400, "{broken", "application/json", "Bad name"), "Bad name"),
        (of_text(400, "Bad name", "application/json"), "Bad name"),
        (of_json(422, {"detail": "There was a problem", "fields": {"name": ["is bad"]}}), "name: is bad"),
        (of_json(400, {"error": "invalid_request", "description": "Bad name given"}), "Bad name given"),
        (of_json(400, {"reason": "Bad name given", "statusCode": 400}), "Bad name given"),
        (
            of_text(403, "<?xml version='1.0'?><Error><Code>No</Code><Message>By policy</Message></Error>", ""),
            "By policy",
        ),
        (
            of_text(400, "<title>Nexus</title><header>Nexus</header><p>Bad <b>name</b>", "text/html"),
            "Bad name",
        ),
        (of_text(400, "<nav><p>Home</nav><script>x</script></i>Bad<br>name<![x]>", "text/html"), "Bad name"),
        (of_text(400, "400 Bad name\n\nBad\tname"), "Bad name Bad name"),
        (of_text(400, "<html><TITLE lang=x>400 Bad &amp; name</title >", "text/html"), "Bad & name"),
        (of_text(400, " <!doctype html><title>Bad name</title>", ""), "Bad name"),
        (of_text(502, "<html><h1>oops</h1>", "text/html", "Bad Gateway"), "oops"),
        (of_text(400, "<title>400 - Nexus</title>", "text/html", "No updating"), "No updating"),
        (of_text(400, "<title>400 No updating!</title>", "text/html", "No updating"), "No updating!"),
        (of_text(400, "<title>Bad name</title>", "text/html", "Bad Request"), "Bad name"),
        (of_json(400, {"message": {"file_name": ["is bad"]}}), "file_name: is bad"),
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
