import json

import pytest

from publisher.index.simple_api import Comparison
from publisher.index.verdict import compare_digests, find_doubt, is_duplicate, is_expired_token
from publisher.network.reply import Reply
from tests.values import build_distribution


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
        (Reply(409), False),
        (of_text(409, "whatever"), False),
        (Reply(400, "repo/demo-1.0-py3-none-any.whl cannot be updated"), True),
        (of_json(403, {"errors": [{"message": "Not enough permissions to delete/overwrite all artifacts"}]}), True),
        (of_json(400, {"non_field_errors": ["Package demo-1.0.tar.gz already exists in index"]}), True),
        (of_json(422, {"filename": ["has already been taken"]}), True),
        (of_text(409, "demo-1.0.tar.gz already exists in non-volatile index"), True),
        (of_json(409, {"message": "The feed already contains file 'a.whl' in package 'demo 1.0'."}), True),
        (of_json(400, {"detail": "This package duplicates the attributes of another package"}), True),
        (of_json(409, {"code": "ALREADY_EXISTS"}), True),
        (of_text(409, "The artifact exists already in this repository"), True),
        (of_text(409, "a.whl has been uploaded already"), True),
        (of_text(400, "This filename is already in use"), True),
        (of_text(400, "This filename has already been used, use a different version"), False),
        (of_text(403, "An existing file cannot be replaced"), True),
        (of_text(403, "Your account already has packages of its own"), False),
        (of_text(409, "The file is already in the queue"), False),
        (of_json(409, {"message": "The version '1.0' has been deleted, and cannot be republished"}), False),
        (of_text(409, "demo-1.0.tar.gz already exists: it was previously deleted"), False),
        (of_text(409, "This version already existed, has been removed, and cannot be reused"), False),
        (of_json(409, {"message": "The request conflicts with the state of the feed"}), False),
        (of_json(409, {"code": "409 The name 'demo' conflicts with an existing project."}), False),
        (of_text(403, "The project demo already exists and belongs to someone else"), False),
        (of_text(409, "This name is already taken by another user"), False),
        (of_json(403, {"code": "403 Invalid or non-existent authentication information."}), False),
        (
            of_json(400, {"code": "400 This filename was previously used by a file that has since been deleted."}),
            False,
        ),
        (of_json(400, {"code": "400 The name 'x' is too similar to a project that already exists."}), False),
        (of_text(500, "already exists"), False),
        (of_text(404, "already exists"), True),
        (of_text(429, "already exists"), False),
        (of_text(404, "<title>Not found</title><script>var overwrite = 1</script>", "text/html"), False),
        (of_text(403, "<Error><Message>Duplicate version</Message></Error>", "application/xml"), True),
        (of_text(400, "ZIP archive not accepted: Duplicate filename in local headers"), False),
        (Reply(429, "Too many new projects created"), False),
        (of_text(409, "Conflict: this version of the package exists already"), True),
        (of_json(409, {"detail": "A file with this name is already part of the release"}), True),
        (of_json(409, {"message": "Project sample already has a file named a.whl"}), True),
        (of_json(400, {"non_field_errors": ["The fields name, version, filename must make a unique set."]}), True),
        (of_json(409, {"error": "Versions are immutable: sample 1.0 cannot be replaced"}), True),
        (of_json(409, {"error": {"code": 409, "status": "ALREADY_EXISTS"}}), True),
        (of_json(403, {"message": "The repository is immutable"}), False),
        (of_text(409, "The organization acme already has this project"), False),
        (of_json(409, {"message": "File name has already been taken by demo 1.0"}), True),
        (of_json(422, {"name": ["has already been taken"]}), False),
        (of_text(409, "The package name demo is already taken"), False),
        (of_text(409, "A newer version of demo already exists"), False),
        (of_text(400, "1.0 is not greater than the previously published version 2.0"), False),
        (of_text(400, "The first version must be published before this one"), False),
        (of_text(400, "The release already has an sdist"), False),
        (of_text(403, "The maximum number of files was already uploaded"), False),
        (of_text(403, "Too many versions have been published already"), False),
        (of_text(403, "cannot publish over the previously published versions"), True),
        (of_text(409, "demo 1.0 was published before"), True),
        (of_text(409, "This file has been uploaded already"), True),
        (of_text(409, "The version has already been pushed"), True),
        (of_text(403, "You cannot replace an existing file; re-deploying is not allowed"), True),
        (of_text(403, "Packages that already exist upstream are not allowed"), False),
        (of_text(409, "The file already exists in 'upstream'"), True),
        (of_text(400, "The name does not match an already existing project"), False),
        (of_text(409, "The version is in quarantine and cannot be replaced"), False),
        (of_text(409, "demo 1.0 already exists, please use a higher version"), True),
        (of_text(409, "The repository already has this file"), True),
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


OURS = build_distribution().digests
OTHER = "0" * 64


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (f"with blake2_256 hash '{OURS.blake2b_256}'", Comparison.UNKNOWN),
        (f"with blake2_256 hash '{OTHER}'", Comparison.DIFFERENT),
        (f"sha256 {OURS.sha256}, blake2b {OURS.blake2b_256}", Comparison.IDENTICAL),
        (f"sha256={OURS.sha256.upper()}, md5: {OTHER[:32]}", Comparison.IDENTICAL),
        (f"sha256 is {OTHER}, not {OURS.sha256}", Comparison.DIFFERENT),
        (f"request {OTHER[:32]}", Comparison.UNKNOWN),
        (f"sha512 {OTHER * 2}", Comparison.UNKNOWN),
        ("", Comparison.UNKNOWN),
    ],
)
def test_compare_digests__those_in_the_words(words: str, expected: Comparison) -> None:
    assert compare_digests(of_text(409, f"file exists {words}"), OURS) is expected


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (of_text(200, "<h1>It works</h1>", "text/html"), '("It works")'),
        (of_text(201, "<?xml version='1.0'?><!DOCTYPE HTML><title>Wi-Fi</title>", "application/xml"), '("Wi-Fi")'),
        (of_json(200, {"errors": [{"message": "not stored"}]}), '("not stored")'),
        (of_text(200, "<!-- app --><div id=app></div>", "text/html"), "with a web page"),
        (of_text(200, "<script src=app.js></script>", "text/html"), "with a web page"),
        (of_json(200, {"success": False, "reason": "quota exceeded"}), "quota exceeded"),
        (of_json(201, {"status": "error", "message": "quota exceeded"}), '("quota exceeded")'),
        (of_json(200, {"success": True, "status": "ok"}), ""),
        (of_json(200, {"status": "failure", "message": "invalid token"}), '("invalid token")'),
        (of_json(200, {"code": 401, "message": "invalid token"}), '("invalid token")'),
        (of_json(200, {"ok": False, "msg": "denied"}), '("denied")'),
        (of_json(200, {"code": 0, "status": ["stored"]}), ""),
        (of_text(200, "<Error><Message>Access Denied</Message></Error>", "application/xml"), '("Access Denied")'),
        (of_json(200, {"page": "<html>", "error": None}), ""),
        (of_text(200, "Uploaded", "text/html"), ""),
        (of_text(200, "<result>stored</result>", "application/xml"), ""),
    ],
)
def test_find_doubt__of_what_may_not_be_the_index(reply: Reply, words: str) -> None:
    doubt = find_doubt(reply)
    assert words in doubt
    assert '("")' not in doubt
    assert bool(doubt) is bool(words)
