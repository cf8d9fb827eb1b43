"""The image in the registry. Every command is an ordinary `docker buildx` command."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scripts.release.version import Refusal, Version

PLATFORMS = ("linux/amd64", "linux/arm64")

# How registries answer for a tag that does not exist; some deny access to a name that does not exist.
_ABSENT = re.compile(r"not found|denied")


def format_name(repository: str) -> str:
    """Return the name of the image; names on GitHub may have capitals, names of images may not."""
    return f"ghcr.io/{repository.lower()}"


def build_labels(version: Version, commit: str, repository_url: str) -> dict[str, str]:
    """Return the labels that lead from the image to its sources."""
    return {
        "org.opencontainers.image.source": repository_url,
        "org.opencontainers.image.version": version.number,
        "org.opencontainers.image.revision": commit,
    }


def find_digests(index: bytes) -> dict[str, str]:
    """Return the digest of each platform in an image index; raise `Refusal` if it is something else."""
    content = json.loads(index)
    if "manifests" not in content:
        raise Refusal("The registry has a single image where an index of platforms should be.")
    return {
        "{os}/{architecture}".format_map(manifest["platform"]): manifest["digest"] for manifest in content["manifests"]
    }


def check_index(index: bytes, digest: str, platforms: Mapping[str, str]) -> None:
    """Raise `Refusal` unless the index has this digest and consists of these platforms."""
    found = format_digest(index)
    if found != digest:
        raise Refusal(f"The registry has an image with the digest {found}, not {digest}. Nothing was changed.")
    if find_digests(index) != platforms:
        raise Refusal(f"The image consists of {find_digests(index)}, not of {dict(platforms)}. Nothing was changed.")


def format_digest(manifest: bytes) -> str:
    """Return the digest that names a manifest."""
    return f"sha256:{sha256(manifest).hexdigest()}"


def format_platform_tag(commit: str, platform: str) -> str:
    """Return the tag of the image for one platform, which keeps clean-up from deleting it."""
    return f"{commit}-{platform.rpartition('/')[2]}"


def read_manifest(reference: str) -> bytes | None:
    """Return a manifest from the registry, or None if it does not exist; raise `Refusal`."""
    command = ["docker", "buildx", "imagetools", "inspect", "--raw", reference]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        if _ABSENT.search(reason):
            return None
        raise Refusal(f"The registry did not answer for {reference}: {reason}")
    return done.stdout


def read_existing(reference: str) -> bytes:
    """Return a manifest that must exist; raise `Refusal`."""
    manifest = read_manifest(reference)
    if manifest is None:
        raise Refusal(f"The registry has no {reference}.")
    return manifest


def read_platforms(image: str, commit: str, platforms: Sequence[str]) -> dict[str, str]:
    """Return the digest of what was built from a commit for each platform; raise `Refusal` if one is missing."""
    references = {platform: f"{image}:{format_platform_tag(commit, platform)}" for platform in platforms}
    return {platform: format_digest(read_existing(reference)) for platform, reference in references.items()}


@dataclass(frozen=True, slots=True)
class Build:
    """What is built: a checkout, with the time of its commit, the labels of the image, and more arguments."""

    source: Path
    time: str
    labels: Mapping[str, str]
    flags: Sequence[str] = ()

    def arguments(self) -> list[str]:
        """Return the arguments of `docker buildx build`."""
        labels = [argument for name, value in self.labels.items() for argument in ("--label", f"{name}={value}")]
        # An attestation by BuildKit would turn the image into an index; the release attests the finished index.
        fixed = ["--provenance=false", "--sbom=false", "--build-arg", f"SOURCE_DATE_EPOCH={self.time}"]
        return [*fixed, *labels, *self.flags, str(self.source)]


def build_platform(reference: str, platform: str, build: Build) -> str:
    """Build for one platform and push, unless that was done earlier; return the digest; raise `Refusal`."""
    if read_manifest(reference) is None:
        command = ["docker", "buildx", "build", "--platform", platform, "--tag", reference, "--push"]
        _run([*command, *build.arguments()])
    return format_digest(read_existing(reference))


def join_platforms(image: str, tag: str, digests: Mapping[str, str]) -> str:
    """Make one index of the platforms, give it a tag, and return its digest; raise `Refusal`."""
    sources = [f"{image}@{digest}" for digest in digests.values()]
    _run(["docker", "buildx", "imagetools", "create", "--tag", f"{image}:{tag}", *sources])
    index = read_existing(f"{image}:{tag}")
    check_index(index, format_digest(index), digests)
    return format_digest(index)


def check_tag(image: str, digest: str, tag: str) -> bool:
    """Return whether an image has a tag that never moves; raise `Refusal` if another image has it."""
    manifest = read_manifest(f"{image}:{tag}")
    if manifest is not None and format_digest(manifest) != digest:
        raise Refusal(f"{image}:{tag} has the digest {format_digest(manifest)}, not {digest}. Nothing was changed.")
    return manifest is not None


def tag_image(image: str, digest: str, tag: str) -> None:
    """Give an image a tag that never moves; raise `Refusal` if another image has it."""
    if not check_tag(image, digest, tag):
        _run(["docker", "buildx", "imagetools", "create", "--tag", f"{image}:{tag}", f"{image}@{digest}"])
        check_tag(image, digest, tag)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Refusal(f"`{' '.join(command[:4])}` failed; its output is above.")
