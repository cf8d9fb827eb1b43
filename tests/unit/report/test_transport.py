from __future__ import annotations

import pytest

from publisher.network.reply import Cause, NoReply
from publisher.network.url import Url
from publisher.report.messages.transport import explain_no_reply

INDEX = Url.parse("https://index.example/legacy/")


@pytest.mark.parametrize(
    ("cause", "url", "words"),
    [
        *((Cause.CONNECT, f"http://{host}:8080/", "`localhost` is the container") for host in ("localhost", "[::1]")),
        (Cause.CONNECT, "http://devpi:3141/", "firewall"),
        (Cause.DNS, "http://devpi:3141/", "the job has none of this name"),
        (Cause.DNS, "https://index.example/", "misspelled"),
        (Cause.DNS, "https://upload.pypi.org/legacy/", "DNS server did not answer"),
        (Cause.DNS, "https://tuf-repo-cdn.sigstore.dev/", "DNS server did not answer"),
    ],
)
def test_explain_no_reply__by_host(cause: Cause, url: str, words: str) -> None:
    assert words in explain_no_reply(NoReply(cause), Url.parse(url)).why


@pytest.mark.parametrize("is_upload", [False, True])
@pytest.mark.parametrize("cause", list(Cause))
def test_explain_no_reply__every_cause_in_three_lines(cause: Cause, is_upload: bool) -> None:
    advice = explain_no_reply(NoReply(cause), INDEX, is_upload=is_upload)
    assert len(advice.why) < 120
    assert len(advice.remedy) < 160
    assert ("repository-url" in advice.remedy) == (is_upload and cause is Cause.MALFORMED)
