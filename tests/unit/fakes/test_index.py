from __future__ import annotations

import asyncio
import hashlib
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.builders import build_sdist, build_wheel
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.jwt import SigningKey
from tests.fakes.service import PASS, Answer
from tests.fakes.serving import serve, trusted_certificates
from tests.fakes.simple import JSON_TYPE
from tests.fakes.trusted_publishing import TrustedPublisher

JSON = {"Accept": "application/json"}


class World:
    """A job, its token service and an index where the job's workflow is registered."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.github = FakeGitHub(clock=lambda: self.now)
        self.index = FakeIndex(self.github, clock=lambda: self.now)
        self.index.register()

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.index), base_url="http://index.example")

    def mint(self, id_token: str | None = None) -> httpx.Response:
        token = self.github.issue(self.index.audience) if id_token is None else id_token
        return self.post("/_/oidc/mint-token", json={"token": token})

    def upload_token(self) -> str:
        return str(self.mint().json()["token"])

    def post(self, path: str, **content: object) -> httpx.Response:
        async def once() -> httpx.Response:
            async with self.client() as client:
                return await client.post(path, **content)  # type: ignore[arg-type]

        return asyncio.run(once())

    def get(self, path: str, accept: str = "*/*") -> httpx.Response:
        async def once() -> httpx.Response:
            async with self.client() as client:
                return await client.get(path, headers={"Accept": accept})

        return asyncio.run(once())

    def upload(self, path: Path, token: str, **changes: str | None) -> httpx.Response:
        return self.post("/legacy/", **form(path, changes), auth=("__token__", token), headers=JSON)


def form(path: Path, changes: dict[str, str | None] | None = None) -> dict[str, object]:
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
        **(changes or {}),
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
    answer = world.mint()
    assert answer.status_code == 200
    assert answer.json()["expires"] == world.now + 900
    assert answer.json()["token"] in world.index.tokens


def test_mint__id_token_works_once(world: World) -> None:
    token = world.github.issue(world.index.audience)
    assert world.mint(token).status_code == 200
    assert error_code(world.mint(token)) == "invalid-reuse-token"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "someone-else"}, "invalid-token"),
        ({"exp": 1_800_000_000 - 40}, "invalid-token"),
        ({"iat": 1_800_000_000 + 40}, "invalid-token"),
        ({"iss": "https://elsewhere.example"}, "invalid-payload"),
        ({"repository_owner_id": "1"}, "invalid-publisher"),
        ({"repository": "Octo-Org/sample"}, "invalid-publisher"),
        ({"environment": None}, "invalid-publisher"),
        ({"jti": None}, "invalid-publisher"),
        ({"event_name": "pull_request_target"}, "invalid-publisher"),
        ({"job_workflow_ref": ""}, "invalid-publisher"),
        ({"job_workflow_ref": "other/repo/.github/workflows/release.yml@refs/tags/v1.0"}, "invalid-publisher"),
    ],
)
def test_mint__refused(world: World, claims: dict[str, object], code: str) -> None:
    world.github.claims = claims
    assert error_code(world.mint()) == code
    assert not world.index.tokens


@pytest.mark.parametrize("claims", [{"environment": "PyPI"}, {"exp": 1_800_000_000 - 20}, {"nbf": None, "sub": None}])
def test_mint__tolerated(world: World, claims: dict[str, object]) -> None:
    world.github.claims = claims
    assert world.mint().status_code == 200


def test_mint__signature_of_another_key(world: World) -> None:
    world.github.key = SigningKey.generate(world.github.key.kid)
    assert error_code(world.mint()) == "invalid-token"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": null}', b'{"token": "abc"}'])
def test_mint__payload_that_is_none(world: World, body: bytes) -> None:
    assert error_code(world.post("/_/oidc/mint-token", content=body)) == "invalid-payload"


def test_mint__pending_publisher_creates_the_project(world: World) -> None:
    world.index.publishers = []
    world.index.register(TrustedPublisher("new", pending=True))
    assert world.get("/simple/new/").status_code == 404
    assert world.mint().status_code == 200
    assert world.get("/simple/new/").status_code == 200


def test_mint__pending_publisher_race(world: World) -> None:
    world.index.publishers = []
    world.index.register(TrustedPublisher("new", pending=True))

    async def both() -> list[int]:
        async with world.client() as client:
            bodies = [{"token": world.github.issue(world.index.audience)} for _ in range(2)]
            answers = await asyncio.gather(*(client.post("/_/oidc/mint-token", json=body) for body in bodies))
            return sorted(answer.status_code for answer in answers)

    assert asyncio.run(both()) == [200, 500]


def test_burn__ends_the_token(world: World, tmp_path: Path) -> None:
    token = world.upload_token()
    assert world.post("/_/oidc/burn-token", json={"token": token}).status_code == 202
    assert world.upload(build_wheel(tmp_path), token).status_code == 403


def test_burn__switched_off(world: World) -> None:
    world.index.can_burn = False
    assert world.post("/_/oidc/burn-token", json={"token": world.upload_token()}).status_code == 404


def test_upload__stores_what_was_sent(world: World, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, size=300_000)
    assert world.upload(wheel, world.upload_token()).status_code == 200
    assert world.index.read(wheel.name) == wheel.read_bytes()
    assert world.index.seen("upload")[0].value("metadata_version") == "2.4"
    assert world.index.seen("upload")[0].filename == wheel.name


def test_upload__identical_content_again(world: World, tmp_path: Path) -> None:
    wheel, token = build_wheel(tmp_path), world.upload_token()
    assert [world.upload(wheel, token).status_code for _ in range(2)] == [200, 200]
    assert len(list(world.index._directory.iterdir())) == 1


def test_upload__other_content_under_a_known_name(world: World, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    world.index.add(wheel.name, b"something else")
    answer = world.upload(wheel, world.upload_token())
    assert answer.status_code == 400
    assert answer.json()["title"] == "Bad Request"
    assert answer.json()["code"].startswith(f"400 File already exists ('{wheel.name}'")
    assert world.index.read(wheel.name) == b"something else"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("protocol_version", "2", "Unknown protocol version."),
        ("name", ".sample", "is an invalid value for Name"),
        ("filetype", "bdist_egg", "Use a known file type."),
        ("pyversion", None, "Python version is required"),
        ("sha256_digest", None, "Include at least one message digest"),
        ("sha256_digest", "xyz", "hex-encoded, SHA256"),
        ("sha256_digest", "0" * 64, "does not match a digest calculated"),
        ("md5_digest", "0" * 32, "does not match a digest calculated"),
        ("blake2_256_digest", "0" * 64, "does not match a digest calculated"),
        ("metadata_version", "2.6", "'2.6' is not a valid metadata version."),
        ("version", "1.0+local", "use of local versions"),
        ("version", "1.1", "Version in filename should be '1.1'"),
        ("summary", "x" * 513, "512 characters or less"),
        ("requires_dist", "foo @ https://index.example/foo.whl", "Can't have direct dependency"),
        ("attestations", "[]", "an empty attestation set"),
        ("attestations", "{", "Malformed attestations"),
    ],
)
def test_upload__refused(world: World, tmp_path: Path, field: str, value: str | None, message: str) -> None:
    answer = world.upload(build_wheel(tmp_path), world.upload_token(), **{field: value})
    assert answer.status_code == 400
    assert message in answer.json()["code"]
    assert not world.index.files
    assert not list(world.index._directory.iterdir())


def test_upload__attestations_are_kept(world: World, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    world.upload(wheel, world.upload_token(), attestations='[{"version": 1}]')
    assert world.index.files[wheel.name].attestations == [{"version": 1}]


def test_upload__token_that_ended(world: World, tmp_path: Path) -> None:
    token = world.upload_token()
    world.now += 901
    answer = world.upload(build_wheel(tmp_path), token)
    assert answer.status_code == 403
    assert "token is expired" in answer.json()["code"]


def test_upload__bad_metadata_is_noticed_before_a_token_that_ended(world: World, tmp_path: Path) -> None:
    token = world.upload_token()
    world.now += 901
    assert world.upload(build_wheel(tmp_path), token, metadata_version="9").status_code == 400


def test_upload__token_of_another_project(world: World, tmp_path: Path) -> None:
    world.index.register(TrustedPublisher("other", repository="other"))
    token = world.upload_token()
    wheel = build_wheel(tmp_path, name="other")
    assert world.upload(wheel, token, name="other").status_code == 403


@pytest.mark.parametrize(("user", "password"), [("__token__", "pypi-wrong"), ("alice", "wrong"), ("", "")])
def test_upload__unknown_credentials(world: World, tmp_path: Path, user: str, password: str) -> None:
    answer = world.post("/legacy/", **form(build_wheel(tmp_path)), auth=(user, password))
    assert answer.status_code == 403


def test_upload__user_with_password_creates_the_project(world: World, tmp_path: Path) -> None:
    world.index.users = {"alice": "secret"}
    wheel = build_wheel(tmp_path, name="fresh")
    answer = world.post("/legacy/", **form(wheel, {"name": "fresh"}), auth=("alice", "secret"))
    assert answer.status_code == 200
    assert "fresh" in world.index.projects


def test_upload__second_sdist(world: World, tmp_path: Path) -> None:
    world.index.add("sample-1.0.zip", b"an older one")
    answer = world.upload(build_sdist(tmp_path), world.upload_token())
    assert "Only one sdist may be uploaded per release." in answer.json()["code"]


def test_upload__missing_slash(world: World, tmp_path: Path) -> None:
    answer = world.post("/legacy", **form(build_wheel(tmp_path)))
    assert answer.status_code == 308
    assert answer.headers["location"] == "http://index.example/legacy/"


def test_upload__body_that_is_no_form(world: World) -> None:
    assert world.post("/legacy/", content=b"hello").status_code == 404


def upload_both(world: World, paths: list[Path]) -> list[int]:
    token = world.upload_token()

    async def both() -> list[int]:
        async with world.client() as client:
            answers = await asyncio.gather(
                *(client.post("/legacy/", **form(path), auth=("__token__", token)) for path in paths)  # type: ignore[arg-type]
            )
            return sorted(answer.status_code for answer in answers)

    return asyncio.run(both())


def test_race__two_first_files_of_a_release(world: World, tmp_path: Path) -> None:
    paths = [build_wheel(tmp_path), build_sdist(tmp_path)]
    assert upload_both(world, paths) == [200, 500]
    first, second = world.index.seen("upload")
    assert first.overlaps(second)
    assert world.index.most_at_once == 2


def test_race__none_once_the_release_exists(world: World, tmp_path: Path) -> None:
    world.index.add("sample-1.0-py2-none-any.whl", b"the first file")
    assert upload_both(world, [build_wheel(tmp_path), build_sdist(tmp_path)]) == [200, 200]


def test_script__instead_and_after(world: World, tmp_path: Path) -> None:
    wheel, token = build_wheel(tmp_path), world.upload_token()
    world.index.script("upload", Answer(503), PASS, Answer(502, after=True))
    assert world.upload(wheel, token).status_code == 503
    assert not world.index.files
    assert world.upload(wheel, token).status_code == 200
    sdist = build_sdist(tmp_path)
    assert world.upload(sdist, token).status_code == 502
    assert sdist.name in world.index.files
    assert world.index.unplayed == 0


def test_simple__json_and_html(world: World) -> None:
    file = world.index.add("sample-1.0-py3-none-any.whl", b"content")
    page = world.get("/simple/sample/", JSON_TYPE)
    assert page.headers["content-type"] == JSON_TYPE
    assert page.json()["files"][0]["hashes"] == {"sha256": file.sha256}
    html = world.get("/simple/sample/")
    assert f"#sha256={file.sha256}" in html.text


def test_simple__redirects_to_the_normalized_name(world: World) -> None:
    answer = world.get("/simple/My_Sample/")
    assert (answer.status_code, answer.headers["location"]) == (301, "/simple/my-sample/")


def test_simple__unknown_project(world: World) -> None:
    assert world.get("/simple/nothing/").status_code == 404


def test_simple__needs_a_reader_where_there_are_readers(world: World) -> None:
    world.index.readers = {"bob": "secret"}
    assert world.get("/simple/sample/").status_code == 401


def test_simple__new_file_appears_late(world: World, tmp_path: Path) -> None:
    world.index.listing_lag = 1
    world.upload(build_wheel(tmp_path), world.upload_token())
    counts = [len(world.get("/simple/sample/", JSON_TYPE).json()["files"]) for _ in range(2)]
    assert counts == [0, 1]


def test_id_token__needs_the_request_token(world: World) -> None:
    world.github.job = replace(world.github.job, environment=None)
    with serve(world.github) as served:
        variables = world.github.variables(served.url)
        url = f"{variables['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=someone"
        assert httpx.get(url, headers={"Authorization": "Bearer wrong"}).status_code == 401
        right = {"Authorization": f"Bearer {variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
        assert httpx.get(url, headers=right).json()["value"] == world.github.issued[0]


def test_serve__with_tls(world: World) -> None:
    with serve(world.index, tls=True) as served, trusted_certificates() as certificates:
        context = ssl.create_default_context(cafile=str(certificates))
        answer = httpx.get(f"{served.url}/_/oidc/audience", verify=context)
    assert answer.json() == {"audience": "fake-index"}


def test_serve__a_hanging_request_does_not_keep_it_open(world: World) -> None:
    async def never(_: object) -> None:
        await asyncio.Event().wait()

    world.index.pause = never
    with serve(world.index) as served, pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{served.url}/_/oidc/audience", timeout=0.05)


def test_real_clients__twine_publishes_and_pip_installs(world: World, tmp_path: Path) -> None:
    world.index.users = {"alice": "secret"}
    (tmp_path / "dist").mkdir()
    files = [build_wheel(tmp_path / "dist"), build_sdist(tmp_path / "dist")]
    with serve(world.index) as served:
        twine = [sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar"]
        url = f"{served.url}/legacy/"
        subprocess.run([*twine, "--repository-url", url, "-u", "alice", "-p", "secret", *files], check=True)
        assert world.index.filenames() == sorted(path.name for path in files)
        pip = [sys.executable, "-m", "pip", "install", "--isolated", "--disable-pip-version-check", "--no-deps"]
        target = tmp_path / "target"
        subprocess.run(
            [*pip, "--no-cache-dir", "--target", target, "--index-url", f"{served.url}/simple", "sample==1.0"],
            check=True,
        )
    assert list(target.glob("sample-1.0.dist-info"))
    assert any("json" in seen.headers["accept"] for seen in world.index.seen("simple"))


def test_real_clients__uv_publishes_twice(world: World, tmp_path: Path) -> None:
    world.index.users = {"alice": "secret"}
    files = [build_wheel(tmp_path), build_sdist(tmp_path)]
    uv = [
        str(Path(sys.executable).with_name("uv")),
        "publish",
        "--no-config",
        "--quiet",
        "--trusted-publishing",
        "never",
    ]
    with serve(world.index) as served:
        command = [*uv, "--publish-url", f"{served.url}/legacy/", "-u", "alice", "-p", "secret"]
        for _ in range(2):
            subprocess.run([*command, *files], check=True)
    assert world.index.filenames() == sorted(path.name for path in files)
    assert [seen.status for seen in world.index.seen("upload")] == [200] * 4
