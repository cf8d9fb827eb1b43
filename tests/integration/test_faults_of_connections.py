"""Faults that are not in the matrix: slow connections, early answers, redirects, lost answers."""

import pytest

from tests.builders import build_wheel
from tests.fakes.faults import slow
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import proxied
from tests.fakes.serving import serve
from tests.integration.matrix import answer
from tests.integration.stage import Stage

WHEEL = "sample-1.0-py3-none-any.whl"
SOME_MEGABYTES = 4 << 20  # more than the buffers of a connection hold


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.runner.inputs |= {"max-attempts": "2", "timeout": "1"}
    return stage


def test_certificate_of_a_private_authority__trusted_by_variable(stage: Stage) -> None:
    build_wheel(stage.dist)
    with proxied(stage.served.url, tls=True) as proxy:
        run = stage.perform({"repository-url": f"{proxy.url}/legacy/", "check-url": f"{proxy.url}/simple/"})
    assert run.exit_status == 0
    assert stage.index.filenames() == [WHEEL]


def test_slow_but_steady__is_never_killed(stage: Stage) -> None:
    build_wheel(stage.dist, size=3 * SOME_MEGABYTES)
    stage.index_proxy.script(slow(2 * SOME_MEGABYTES), path="/legacy/")
    run = stage.perform()
    assert run.exit_status == 0
    assert len(stage.index.seen("upload")) == 1


@pytest.mark.parametrize(
    "path", ["/legacy/", "/simple/", "/_/oidc/audience", "/_/oidc/mint-token", "/_/oidc/burn-token"]
)
def test_redirect__nothing_goes_to_another_origin(stage: Stage, path: str) -> None:
    build_wheel(stage.dist)
    stranger = FakeIndex()
    with serve(stranger) as elsewhere:
        stage.index_proxy.script(answer(308, Location=f"{elsewhere.url}{path}"), path=path)
        stage.perform()
    assert not stranger.requests
