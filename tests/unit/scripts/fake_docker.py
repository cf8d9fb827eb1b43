"""The `docker buildx` commands that write, with a directory as the registry: one file per tag and digest."""

import json
import sys
from hashlib import sha256
from pathlib import Path

REGISTRY = Path(__file__).with_name("registry")


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    match arguments:
        case ["buildx", "build", "--platform", platform, "--tag", reference, *_]:
            write(reference, {"platform": platform, "arguments": arguments})
        case ["buildx", "imagetools", "create", "--tag", tag, *sources]:
            manifests = [json.loads(find_path(source).read_text()) for source in sources]
            digests = [source.partition("@")[2] for source in sources]
            write(tag, manifests[0] if "manifests" in manifests[0] else build_index(manifests, digests))
        case _:
            return 64
    return 0


def build_index(manifests: list[dict[str, str]], digests: list[str]) -> dict[str, object]:
    """Return an index of images for one platform each."""
    entries = []
    for manifest, digest in zip(manifests, digests, strict=True):
        system, _, architecture = manifest["platform"].partition("/")
        entries.append({"digest": digest, "platform": {"os": system, "architecture": architecture}})
    return {"manifests": entries}


def find_path(reference: str) -> Path:
    """Return the file of a tag or digest."""
    return REGISTRY / reference.replace("/", "_")


def write(tag: str, content: object) -> None:
    """Store a manifest under its tag and its digest."""
    text = json.dumps(content)
    find_path(tag).write_text(text)
    find_path(f"{tag.rpartition(':')[0]}@sha256:{sha256(text.encode()).hexdigest()}").write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
