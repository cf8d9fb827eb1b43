"""Which requests go through a proxy, and proxies that cannot be used."""

import base64
from collections.abc import Iterator

import pytest

from tests.builders import build_wheel
from tests.fakes.connect_proxy import connect_proxy
from tests.fakes.raw import Peer, listening
from tests.fakes.raw import answer as raw_answer
from tests.fakes.serving import HOST, HOST_NAME, serve
from tests.integration.stage import Stage, says

WHEEL = "sample-1.0-py3-none-any.whl"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def remote(stage: Stage) -> Iterator[Stage]:
    """Have an index that only a proxy can reach."""
    build_wheel(stage.dist)
    with serve(stage.index, tls=True) as served:
        url = f"https://{HOST_NAME}:{served.port}"
        stage.runner.inputs |= {"repository-url": f"{url}/legacy/", "check-url": f"{url}/simple/", "max-attempts": "1"}
        yield stage


@pytest.mark.parametrize("tls", [False, True])
def test_proxy__every_request_to_the_index_goes_through_it(remote: Stage, tls: bool) -> None:
    with connect_proxy(tls=tls) as proxy:
        # Pasted secrets often end in a line break.
        remote.runner.variables["HTTPS_PROXY"] = proxy.url.replace("://", "://user:canary-4711@") + "\n"
        run = remote.perform()
    assert run.exit_status == 0
    assert remote.index.filenames() == [WHEEL]
    assert "canary-4711" in run.masks
    credentials = base64.b64encode(b"user:canary-4711").decode()
    assert all(f"Proxy-Authorization: Basic {credentials}" in head for head in proxy.heads)
    assert {target.partition(":")[0] for target in proxy.targets} == {HOST_NAME}


def test_proxy__none_for_loopback(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.users["__token__"] = "secret-token"
    test_index_url = stage.runner.inputs["repository-url"].replace(HOST, "localhost")
    with connect_proxy() as proxy:
        stage.runner.variables |= dict.fromkeys(PROXY_VARIABLES, proxy.url)
        run = stage.perform({"password": "secret-token", "test-index-url": test_index_url})
    assert run.exit_status == 0
    assert stage.index.filenames() == [WHEEL]
    assert proxy.heads == []


@pytest.mark.parametrize("inputs", [{"password": "secret-token"}, {"dry-run": "true"}])
def test_proxy__unusable_for_id_tokens_that_are_not_needed(stage: Stage, inputs: dict[str, str]) -> None:
    build_wheel(stage.dist)
    stage.index.users["__token__"] = "secret-token"
    stage.runner.variables |= {
        **stage.github.variables("https://github.example"),
        "ALL_PROXY": "socks5://proxy.example",
    }
    assert stage.perform(inputs).exit_status == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [("https_proxy", "http://user:canary/word@proxy.example:3128"), ("ALL_PROXY", "socks5://proxy.example:1080")],
)
def test_proxy__unusable(remote: Stage, variable: str, value: str) -> None:
    remote.runner.variables[variable] = value
    run = remote.perform()
    assert run.exit_status == 2
    (annotation,) = run.annotations("error")
    assert annotation.properties["title"] == "Unusable variable"
    assert annotation.data.startswith(f"`{variable.upper()}` cannot be used: ")
    assert "add the hosts to `NO_PROXY`" in annotation.data
    assert "canary" not in run.raw_log + run.summary
    assert remote.requests == []


@pytest.mark.parametrize(
    ("status", "words", "is_retried"),
    [(407, "the proxy refused the request ({}: 407 Because)", False), (503, "from the server or the proxy {}", True)],
)
def test_proxy__of_a_plain_server_answers_itself(stage: Stage, status: int, words: str, is_retried: bool) -> None:
    build_wheel(stage.dist)

    def handle(peer: Peer) -> None:
        peer.request()
        peer.say(raw_answer(status, reason="Because"))
        peer.close()

    with listening(handle) as proxy:
        stage.runner.variables["HTTP_PROXY"] = str(proxy)
        inputs = {"repository-url": "http://devpi:3141/", "check-url": "", "password": "secret-token"}
        run = stage.perform(inputs | {"max-attempts": "2"})
    assert run.outcomes == {WHEEL: "failed"}
    assert says(run.errors, words.format(f"{HOST}:{proxy.port} from HTTP_PROXY"))
    assert run.raw_log.count("attempt 2 of 2 in") == is_retried
    assert not any(annotation.properties["title"] == "Index unavailable" for annotation in run.annotations("error"))
