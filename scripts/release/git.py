"""The repository, and the remote that the release is pushed to. Every command is an ordinary `git` command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.release.version import Refusal

BOT = "github-actions[bot]"
BOT_ADDRESS = "41898282+github-actions[bot]@users.noreply.github.com"


@dataclass(frozen=True, slots=True)
class Repository:
    """A clone with the remote `origin`."""

    path: Path

    def run(self, *arguments: str, stdin: str = "", variables: Mapping[str, str] | None = None) -> str:
        """Run git and return what it prints; raise `Refusal`."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**os.environ, **(variables or {})},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise Refusal(f"`git {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout

    def read_head(self) -> str:
        """Return the commit that is checked out."""
        return self.run("rev-parse", "HEAD").strip()

    def read_file(self, commit: str, path: str) -> str:
        """Return a file of a commit."""
        return self.run("show", f"{commit}:{path}")

    def read_time(self, commit: str) -> str:
        """Return when a commit was made, in seconds since 1970."""
        return self.run("show", "--no-patch", "--format=%ct", commit).strip()

    def read_parents(self, commit: str) -> list[str]:
        """Return the parents of a commit, fetched if necessary."""
        self.run("fetch", "--quiet", "origin", commit)
        return self.run("show", "--no-patch", "--format=%P", commit).split()

    def read_tags(self) -> dict[str, str]:
        """Return the commit of each tag of the remote."""
        tags = {}
        for line in self.run("ls-remote", "--tags", "origin").splitlines():
            commit, _, ref = line.partition("\t")
            # The line of an annotated tag is followed by one with its commit.
            tags[ref.removeprefix("refs/tags/").removesuffix("^{}")] = commit
        return tags

    def has_on_main(self, commit: str) -> bool:
        """Return whether a commit is on the remote's main branch."""
        self.run("fetch", "--quiet", "origin", "main")
        return not self.run("rev-list", "--max-count=1", commit, "--not", "FETCH_HEAD")

    def write_commit(self, parent: str, path: str, content: str, message: str) -> str:
        """Commit one changed file without touching the working tree; the same input gives the same commit."""
        when = f"{self.read_time(parent)} +0000"
        variables = {"GIT_INDEX_FILE": str(Path(self.run("rev-parse", "--absolute-git-dir").strip()) / "index.release")}
        for role in ("AUTHOR", "COMMITTER"):
            variables |= {f"GIT_{role}_NAME": BOT, f"GIT_{role}_EMAIL": BOT_ADDRESS, f"GIT_{role}_DATE": when}
        blob = self.run("hash-object", "-w", "--stdin", stdin=content).strip()
        self.run("read-tree", parent, variables=variables)
        self.run("update-index", "--cacheinfo", f"100644,{blob},{path}", variables=variables)
        tree = self.run("write-tree", variables=variables).strip()
        return self.run("commit-tree", tree, "-p", parent, "-m", message, variables=variables).strip()

    def read_ref(self, ref: str) -> str:
        """Return the commit of a ref of the remote, or an empty string if it does not exist."""
        return self.run("ls-remote", "origin", ref).partition("\t")[0]

    def push(self, commit: str, expected: Mapping[str, str]) -> None:
        """Set all refs of the remote to a commit, or none unless each is where it is expected; raise `Refusal`."""
        # No `+` in front of the commit: it would override the leases.
        leases = (f"--force-with-lease={ref}:{current}" for ref, current in expected.items())
        self.run("push", "--quiet", "--atomic", *leases, "origin", *(f"{commit}:{ref}" for ref in expected))

    def delete(self, ref: str) -> None:
        """Delete a ref of the remote if it exists; raise `Refusal`."""
        if self.read_ref(ref):
            self.run("push", "--quiet", "origin", f":{ref}")
