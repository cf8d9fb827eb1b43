import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.release.git import Repository
from scripts.release.image import PLATFORMS, check_index, format_digest, format_name, read_manifest
from scripts.release.sources import (
    ACTION,
    CHANGELOG,
    PROGRAM,
    PROJECT,
    find_base,
    find_notes,
    name_image,
    prepare_sources,
)
from scripts.release.steps import Release
from scripts.release.version import Refusal, Version, check_order, check_ref, find_moves
from tests.unit.scripts import fake_docker

IMAGE = "ghcr.io/octo-org/publish-action"
FILES = {
    CHANGELOG: "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- More.\n",
    PROGRAM: '"""Program."""\n\n__version__ = "0.9.0"\n',
    PROJECT: '[project]\nversion = "0.9.0"\n\n[tool.ruff]\ntarget-version = "py311"\n',
    ACTION: "name: Publish\nruns:\n  using: docker\n  image: Dockerfile\n",
}
DOCKER = """\
#!/bin/sh
# Reading is frequent; starting Python for it would take most of the time of these tests.
if [ "$3" != inspect ]; then exec {python} -ISE {directory}/fake_docker.py "$@"; fi
file={directory}/registry/$(echo "$5" | tr / _)
[ -f "$file" ] || {{ echo "ERROR: $5: not found" >&2; exit 1; }}
exec cat "$file"
"""
FIRST, SECOND = Version(1, 2, 0), Version(1, 2, 1)


@dataclass
class Remote:
    """A bare repository and a clone of it, and the fake registry."""

    clone: Path
    registry: Path

    @property
    def release(self) -> Release:
        return Release(Repository(self.clone), IMAGE, PLATFORMS)

    def git(self, *arguments: str) -> str:
        return Repository(self.clone).run(*arguments).strip()

    def merge(self, change: Version | dict[str, str]) -> str:
        """Merge a release pull request, or other files; return the commit."""
        if isinstance(change, Version):
            current = {path: (self.clone / path).read_text() for path in FILES}
            change = prepare_sources(change, current, "2026-11-30")
        for path, content in change.items():
            (self.clone / path).write_text(content)
        self.git("commit", "--quiet", "--all", "--allow-empty", "--message", "feat: more")
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def build(self, version: Version) -> str:
        """Do all steps before publishing; return the release commit."""
        for platform in PLATFORMS:
            self.release.build(version, platform, "https://github.com/octo-org/publish-action")
        return self.release.commit(version, self.release.join()[0])

    def state(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return everything that a release could move: refs and images."""
        images = {path.name: path.read_text() for path in self.registry.iterdir()}
        return dict(line.split("\t")[::-1] for line in self.git("ls-remote", "origin").splitlines()), images


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "somebody")
    binaries = tmp_path / "bin"
    (binaries / "registry").mkdir(parents=True)
    shutil.copy(fake_docker.__file__, binaries / "fake_docker.py")
    (binaries / "docker").write_text(DOCKER.format(python=sys.executable, directory=binaries))
    (binaries / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(binaries), prepend=":")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "origin"], check=True)
    subprocess.run(
        ["git", "clone", "--quiet", tmp_path / "origin", tmp_path / "clone"], capture_output=True, check=True
    )
    remote = Remote(tmp_path / "clone", binaries / "registry")
    (remote.clone / "publisher").mkdir()
    for path, content in FILES.items():
        (remote.clone / path).write_text(content)
    remote.git("checkout", "--quiet", "-B", "main")
    remote.git("add", ".")
    remote.merge({})
    return remote


def test_release__from_the_changelog_to_the_tags(remote: Remote) -> None:
    source = remote.merge(FIRST)
    assert remote.release.plan("") == remote.release.plan("1.2.0") == remote.release.plan("v1.2.0") == FIRST

    commit = remote.build(FIRST)
    assert remote.release.publish(FIRST, commit) == ["v1.2.0", "v1.2", "v1"]

    refs, _ = remote.state()
    assert {ref for ref, at in refs.items() if at == commit} == {"refs/tags/v1.2.0", "refs/tags/v1.2", "refs/tags/v1"}
    assert refs["refs/heads/main"] == refs["HEAD"] == source
    assert "refs/heads/release-candidate/v1.2.0" not in refs
    index = read_manifest(f"{IMAGE}:v1.2.0")
    assert index is not None
    difference = remote.git("diff", "--unified=0", source, commit).splitlines()[-2:]
    assert difference == ["-  image: Dockerfile", f"+  image: docker://{IMAGE}@{format_digest(index)}"]


def test_release__every_step_again(remote: Remote) -> None:
    remote.merge(FIRST)
    commit = remote.build(FIRST)
    assert remote.build(FIRST) == commit
    remote.release.publish(FIRST, commit)
    before = remote.state()

    assert remote.release.plan("") == remote.release.plan("1.2.0") == FIRST
    assert remote.build(FIRST) == commit
    assert remote.release.publish(FIRST, commit) == []
    assert remote.state() == before


def test_release__moves_the_tags_forwards(remote: Remote) -> None:
    remote.merge(FIRST)
    first = remote.build(FIRST)
    remote.release.publish(FIRST, first)
    _unreleased(remote)
    remote.merge(SECOND)
    assert remote.release.publish(SECOND, remote.build(SECOND)) == ["v1.2.1", "v1.2", "v1"]
    before = remote.state()

    assert remote.release.publish(FIRST, first) == []
    assert remote.state() == before


def test_plan__nothing_to_release(remote: Remote) -> None:
    assert remote.release.plan("") is None
    remote.merge(FIRST)
    remote.release.publish(FIRST, remote.build(FIRST))
    _unreleased(remote)
    assert remote.release.plan("") is None


def test_plan__refused(remote: Remote) -> None:
    remote.merge(FIRST)
    remote.release.publish(FIRST, remote.build(FIRST))
    _unreleased(remote)
    refused = {
        "1.2.0": "v1.2.0 is already released, from commit",
        "1.1.9": "v1.1.9 is older than the newest release, v1.2.0",
        "1.2.1": "CHANGELOG.md has no notes for 1.2.1",
        "1.2": "`1.2` is not a version",
        "1.02.0": "not a version",
    }
    for requested, reason in refused.items():
        with pytest.raises(Refusal, match=reason):
            remote.release.plan(requested)


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        (PROGRAM, "1.2.0", "1.1.0", "publisher/__init__.py has version 1.1.0, not 1.2.0"),
        (PROJECT, 'version = "1.2.0"', "", "pyproject.toml has version None"),
        (CHANGELOG, "### Added\n\n- More.\n", "", "CHANGELOG.md has no notes"),
        (
            CHANGELOG,
            "## [Unreleased]\n",
            "## [Unreleased]\n\n- Later.\n",
            r"entries under \[Unreleased\].*released without",
        ),
        (CHANGELOG, "## [1.2.0]", "## [2.0.0]\n\n- Most.\n\n## [1.2.0]", "newest version in CHANGELOG.md is 2.0.0"),
    ],
)
def test_plan__files_that_disagree(remote: Remote, path: str, old: str, new: str, reason: str) -> None:
    remote.merge(FIRST)
    remote.merge({path: (remote.clone / path).read_text().replace(old, new)})
    with pytest.raises(Refusal, match=reason):
        remote.release.plan("1.2.0")


def test_plan__commit_that_is_not_on_main(remote: Remote) -> None:
    remote.merge(FIRST)
    remote.git("commit", "--quiet", "--allow-empty", "--message", "feat: not merged")
    with pytest.raises(Refusal, match="not on main"):
        remote.release.plan("1.2.0")


@pytest.mark.parametrize(
    ("tampering", "reason"),
    [
        ("index", "The registry has an image with the digest"),
        ("tag", r"v1\.2\.0 has the digest sha256:.*, not sha256:"),
        ("platform", "The image consists of"),
        ("missing", "The registry has no .*arm64"),
        ("commit", "is not the release commit of"),
        ("moved", "The tag v1 is at commit .*, which is not a release"),
    ],
)
def test_publish__what_does_not_match_moves_nothing(remote: Remote, tampering: str, reason: str) -> None:
    source = remote.merge(FIRST)
    commit = remote.build(FIRST)
    digest = format_digest(read_manifest(f"{IMAGE}:{source}") or b"")
    files = {
        "index": f"{IMAGE}@{digest}",
        "tag": f"{IMAGE}:v1.2.0",
        "platform": f"{IMAGE}:{source}-amd64",
        "missing": f"{IMAGE}:{source}-arm64",
    }
    if tampering in files:
        path = remote.registry / files[tampering].replace("/", "_")
        path.write_text('{"manifests": []}')
        if tampering == "missing":
            path.unlink()
    elif tampering == "commit":
        commit = Repository(remote.clone).write_commit(source, PROGRAM, "malicious = True\n", "release: v1.2.0")
        remote.git("push", "--quiet", "origin", f"{commit}:refs/heads/other")
    else:
        remote.git("push", "--quiet", "origin", f"{source}:refs/tags/v1")
    before = remote.state()

    with pytest.raises(Refusal, match=reason):
        remote.release.publish(FIRST, commit)
    assert remote.state() == before


def test_publish__tag_that_appears_meanwhile_moves_nothing(remote: Remote) -> None:
    source = remote.merge(FIRST)
    commit = remote.build(FIRST)
    remote.git("push", "--quiet", "origin", f"{source}:refs/tags/v1.2.0")
    before = remote.state()
    with pytest.raises(Refusal, match="stale info"):
        remote.release.repository.push(commit, {"refs/tags/v1.2.0": "", "refs/tags/v1": ""})
    assert remote.state() == before


def test_release__annotated_tags_count(remote: Remote) -> None:
    remote.merge(FIRST)
    remote.git("tag", "--annotate", "v1.3.0", "--message", "by hand")
    remote.git("push", "--quiet", "origin", "v1.3.0")
    with pytest.raises(Refusal, match=r"older than the newest release, v1\.3\.0"):
        remote.release.plan("1.2.0")


def test_check_order__compares_numbers() -> None:
    check_order(
        Version(1, 10, 0), {"v1.9.0": "a", "v1": "a", "v1.9": "a", "v2.0.0rc1": "b", "v02.0.0": "b", "nightly": "c"}
    )
    with pytest.raises(Refusal, match="older"):
        check_order(Version(1, 9, 1), {"v1.10.0": "a"})


@pytest.mark.parametrize(
    ("tags", "moves"),
    [
        ({}, ["v1.2", "v1"]),
        ({"v1.1.9": "old", "v1.1": "old", "v1": "old"}, ["v1.2", "v1"]),
        ({"v1.2": "new", "v1": "old", "v1.1.0": "old"}, ["v1"]),
        ({"v1.2": "new", "v1": "next", "v1.3.0": "next"}, []),
    ],
)
def test_find_moves(tags: dict[str, str], moves: list[str]) -> None:
    assert find_moves(FIRST, "new", tags) == moves


def test_check_ref() -> None:
    check_ref("refs/heads/main")
    with pytest.raises(Refusal, match="not on `refs/heads/maintenance`"):
        check_ref("refs/heads/maintenance")


def test_find_notes__takes_the_section_of_the_version() -> None:
    changelog = "## [1.2.0] - 2026-11-30\n\n### Added\n\n- More.\n\n## [1.1.0] - 2026-10-30\n\n- Less.\n"
    assert find_notes(FIRST, changelog) == "### Added\n\n- More."


def test_prepare_sources__without_changes() -> None:
    with pytest.raises(Refusal, match="nothing under"):
        prepare_sources(FIRST, {CHANGELOG: "## [Unreleased]\n\n## [1.1.0]\n\n- Less.\n"}, "2026-11-30")


@pytest.mark.parametrize("action", ["runs:\n  image: docker://elsewhere\n", FILES[ACTION] * 2])
def test_name_image__only_a_line_that_is_certain(action: str) -> None:
    with pytest.raises(Refusal, match="exactly once"):
        name_image(action, IMAGE)


def test_format_name__is_in_lower_case() -> None:
    assert format_name("Octo-Org/Publish-Action") == IMAGE


def test_find_base() -> None:
    reference = f"python:3.13@sha256:{'0' * 64}"
    assert find_base(f"# Base.\nFROM {reference}\n") == reference
    with pytest.raises(Refusal, match="by its digest"):
        find_base("FROM python:3.13\n")


def test_check_index__single_image() -> None:
    with pytest.raises(Refusal, match="single image"):
        check_index(b"{}", format_digest(b"{}"), {})


def test_labels__lead_to_the_sources(remote: Remote) -> None:
    source = remote.merge(FIRST)
    remote.build(FIRST)
    manifest = (remote.registry / f"{IMAGE}:{source}-arm64".replace("/", "_")).read_text()
    for value in (f"image.revision={source}", "image.version=1.2.0", "image.source=https://github.com/octo-org/"):
        assert value in manifest


def _unreleased(remote: Remote) -> None:
    """Merge a change that is not released."""
    changelog = (remote.clone / CHANGELOG).read_text()
    remote.merge({CHANGELOG: changelog.replace("## [Unreleased]\n", "## [Unreleased]\n\n- Even more.\n")})
