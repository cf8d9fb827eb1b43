"""Release the action, step by step, as .github/workflows/release.yml does: `python3 -m scripts.release STEP --help`.

Results are printed as `name=value` for `GITHUB_OUTPUT`; everything else goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from scripts.release.git import Repository
from scripts.release.image import PLATFORMS, format_name
from scripts.release.sources import BASE, CHANGELOG, PROGRAM, PROJECT, find_base, find_notes, prepare_sources
from scripts.release.steps import Release
from scripts.release.version import Refusal, Version, check_ref

ROOT = Path(__file__).resolve().parents[2]

OPTIONS = {
    "--version": "such as 1.2.3; for `plan`, nothing means the newest version in the changelog",
    "--ref": "of the workflow run, which must be on main",
    "--repository": "owner and name on GitHub; the image has the same name on ghcr.io",
    "--platform": f"one of {', '.join(PLATFORMS)}",
    "--digest": "of the index of platforms",
    "--commit": "the release commit",
}
STEPS = {
    "prepare": ("change version and changelog for a release pull request", ("--version",)),
    "plan": ("print the version to release from HEAD, if any", ("--version", "--ref", "--repository")),
    "build": ("build and push the image for one platform", ("--version", "--repository", "--platform")),
    "join": ("join the platforms to one index and print the digests", ("--repository",)),
    "commit": ("push the commit that names the image", ("--version", "--repository", "--digest")),
    "publish": ("tag image and commit, move the major and minor tags", ("--version", "--repository", "--commit")),
    "notes": ("print the notes in the changelog", ("--version",)),
}


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m scripts.release", description="Release the action, step by step.")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for step, (text, options) in STEPS.items():
        subparser = steps.add_parser(step, help=text, description=text)
        for option in options:
            subparser.add_argument(option, required=True, help=OPTIONS[option])
    return parser


def run_step(options: argparse.Namespace) -> str:
    """Run one step and return what to print; raise `Refusal`."""
    if options.step == "prepare":
        return prepare(Version.parse(options.version))
    if options.step == "notes":
        return find_notes(Version.parse(options.version), (ROOT / CHANGELOG).read_text(encoding="utf-8"))
    image = format_name(options.repository)
    release = Release(Repository(ROOT), image, PLATFORMS)
    if options.step == "plan":
        check_ref(options.ref)
        version = release.plan(options.version)
        if version is None:
            sys.stderr.write(f"::notice::Nothing to release: {CHANGELOG} has no version that is not released.\n")
            return "version="
        return f"version={version.number}\nimage={image}"
    if options.step == "join":
        digest, platforms = release.join()
        return "\n".join([f"digest={digest}", *(f"{name.rpartition('/')[2]}={platforms[name]}" for name in platforms)])
    version = Version.parse(options.version)
    if options.step == "build":
        url = f"https://github.com/{options.repository}"
        base = find_base((ROOT / BASE).read_text(encoding="utf-8"))
        return f"digest={release.build(version, options.platform, url, ['--build-arg', f'BASE={base}'])}"
    if options.step == "commit":
        return f"commit={release.commit(version, options.digest)}"
    return f"moved={' '.join(release.publish(version, options.commit))}"


def prepare(version: Version) -> str:
    """Write version and changelog into the working tree; raise `Refusal`."""
    files = {path: (ROOT / path).read_text(encoding="utf-8") for path in (CHANGELOG, PROGRAM, PROJECT)}
    today = datetime.now(UTC).date().isoformat()
    for path, content in prepare_sources(version, files, today).items():
        (ROOT / path).write_text(content, encoding="utf-8")
    return f"Review the changes, commit them as `release: {version.number}`, and open a pull request."


def main() -> None:
    """Run the step on the command line; print a refusal as an error annotation."""
    try:
        print(run_step(build_parser().parse_args()))
    except Refusal as refusal:
        # Escaped as the runner expects, so that the annotation has every line.
        text = str(refusal).replace("%", "%25").replace("\n", "%0A")
        sys.exit(f"::error title=Release refused::{text}")


if __name__ == "__main__":
    main()
