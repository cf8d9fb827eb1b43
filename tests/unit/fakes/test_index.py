import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest

from tests.builders import build_wheel
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.trusted_publishing import TrustedPublisher

FIRST = "sample-1.0-py2-none-any.whl"


class World:
    """A job, its token service and an index where the job's workflow is registered."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.github = FakeGitHub(clock=lambda: self.now)
        self.index = FakeIndex(self.github, clock=lambda: self.now)
        self.index.register()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.index), base_url="http://index.example")

    def request(self, method: str, path: str, **content: object) -> httpx.Response:
        async def once() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, path, **content)  # type: ignore[arg-type]

        return asyncio.run(once())

    def mint(self, id_token: str | None = None) -> httpx.Response:
        token = self.github.issue(self.index.audience) if id_token is None else id_token
        return self.request("POST", "/_/oidc/mint-token", json={"token": token})

    def upload_token(self) -> str:
        return str(self.mint().json()["token"])

    def upload(self, path: Path, token: str, **changes: str | None) -> httpx.Response:
        return self.request("POST", "/legacy/", **form(path, changes), auth=("__token__", token))


def form(path: Path, changes: dict[str, str | None]) -> dict[str, object]:
    content = path.read_bytes()
    is_wheel = path.suffix == ".whl"
    fields: dict[str, str | None] = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.4",
        "name": "sample",
        "version": "1.0",
        "filetype": "bdist_wheel" if is_wheel else "sdist",
        "pyversion": "py3" if is_wheel else "source",
        "sha256_digest": hashlib.sha256(content).hexdigest(),
        **changes,
    }
    return {
        "data": {name: value for name, value in fields.items() if value is not None},
        "files": {"content": (path.name, content)},
    }


@pytest.fixture
def world() -> World:
    return World()


def error_code(response: httpx.Response) -> str:
    assert response.status_code == 422
    return str(response.json()["errors"][0]["code"])


def test_mint__registered_workflow(world: World) -> None:
    id_token = world.github.issue(world.index.audience)
    answer = world.mint(id_token)
    assert answer.status_code == 200
    assert answer.json()["expires"] == world.now + 900
    assert answer.json()["token"] in world.index.tokens
    assert error_code(world.mint(id_token)) == "invalid-reuse-token"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "someone-else"}, "invalid-token"),
        ({"exp": 1_800_000_000 - 40}, "invalid-token"),
        ({"iss": "https://elsewhere.example"}, "invalid-payload"),
        ({"repository_owner_id": "1"}, "invalid-publisher"),
        ({"repository": "Octo-Org/sample"}, "invalid-publisher"),
        ({"event_name": "pull_request_target"}, "invalid-publisher"),
        ({"job_workflow_ref": ""}, "invalid-publisher"),
        ({"job_workflow_ref": "other/repo/.github/workflows/release.yml@refs/tags/v1.0"}, "invalid-publisher"),
    ],
)
def test_mint__refused(world: World, claims: dict[str, object], code: str) -> None:
    world.github.claims = claims
    assert error_code(world.mint()) == code
    assert not world.index.tokens


def test_upload__stores_what_was_sent_and_accepts_it_again(world: World, tmp_path: Path) -> None:
    wheel, token = build_wheel(tmp_path, size=300_000), world.upload_token()
    assert [world.upload(wheel, token).status_code for _ in range(2)] == [200, 200]
    assert world.index.read(wheel.name) == wheel.read_bytes()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", ".sample", "is an invalid value for Name"),
        ("sha256_digest", "0" * 64, "does not match a digest calculated"),
        ("blake2_256_digest", "0" * 64, "does not match a digest calculated"),
        ("metadata_version", "9.9", "'9.9' is not a valid metadata version."),
        ("version", "1.0+local", "use of local versions"),
        ("version", "1.1", "Version in filename should be '1.1'"),
        ("summary", "x" * 513, "512 characters or less"),
        ("requires_dist", "foo @ https://index.example/foo.whl", "Can't have direct dependency"),
        ("attestations", "[]", "an empty attestation set"),
    ],
)
def test_upload__refused(world: World, tmp_path: Path, field: str, value: str | None, message: str) -> None:
    answer = world.upload(build_wheel(tmp_path), world.upload_token(), **{field: value})
    assert answer.status_code == 400
    assert message in answer.json()["code"]
    assert not world.index.files


def upload_together(world: World, paths: list[Path]) -> list[int]:
    token = world.upload_token()

    async def upload(client: httpx.AsyncClient, path: Path) -> int:
        fields = form(path, {"name": path.name.partition("-")[0]})
        answer = await client.post("/legacy/", **fields, auth=("__token__", token))  # type: ignore[arg-type]
        return answer.status_code

    async def together() -> list[int]:
        async with world.client() as client:
            return await asyncio.gather(*(upload(client, path) for path in paths))

    return asyncio.run(together())


def build_wheels(directory: Path, count: int, name: str = "sample") -> list[Path]:
    return [build_wheel(directory, name, tag=f"cp3{number}-none-any") for number in range(count)]


@pytest.mark.parametrize(
    ("existing", "count", "statuses"), [("", 2, [200, 500]), (FIRST, 2, [200, 200]), (FIRST, 4, [200, 200, 500, 500])]
)
def test_overlap__files_of_a_release(
    world: World, tmp_path: Path, existing: str, count: int, statuses: list[int]
) -> None:
    if existing:
        world.index.add(existing, b"the first file")
    world.index.latency = 0.05
    assert sorted(upload_together(world, build_wheels(tmp_path, count))) == statuses
    assert world.index.deadlocks == statuses.count(500)


def test_overlap__first_file_of_a_new_project(world: World, tmp_path: Path) -> None:
    world.index.add(FIRST, b"the first file")
    world.index.register(TrustedPublisher("fresh", pending=True))
    world.index.latency = 0.05
    paths = [build_wheel(tmp_path, "fresh"), build_wheel(tmp_path)]
    assert upload_together(world, paths) == [500, 200]
    assert upload_together(world, paths[:1]) == [200]
    assert upload_together(world, [*build_wheels(tmp_path, 2, "fresh"), *build_wheels(tmp_path, 2)]) == [200] * 4
