"""Whether the file is an archive that the index can open and trusts."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution, Fault
from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Rule, Scope, Verdict, found

ARCHIVES = "https://docs.pypi.org/archives/"
SOURCE_DISTRIBUTION = "https://packaging.python.org/specifications/source-distribution-format/"

HIGHEST_LIMIT = 1 << 30

_REMEDIES = {
    Fault.NAME: "Rebuild it and keep the name that the build backend gives it, or keep it out of `packages-dir`.",
    Fault.PLACE: "Put a readable file in its place, in the workspace, or keep it out of `packages-dir`.",
}


@Rule(
    id="archive-unreadable",
    title="Unreadable distribution",
    summary="Every file named like a distribution can be read as one",
    why="Without metadata there is nothing to send, and no installer could use the file.",
    fix="Rebuild the file and copy it completely, or keep it out of `packages-dir`.",
    sources=("PEP 427", "PEP 625"),
    scope=Scope.UNIVERSAL,
    is_decisive=True,
).for_plan
def _check_unreadable(plan: Plan) -> Iterator[Finding]:
    for file in plan.unreadable:
        remedy = _REMEDIES.get(file.fault, "")
        yield found(f"The file cannot be published: {file.reason}.", remedy, filename=file.filename)


Rule(
    id="archive-corrupt-member",
    title="Damaged archive",
    summary="The Python source and the metadata in the archive can be unpacked",
    why="The index unpacks the Python source and the metadata directory of a wheel.",
    fix="Rebuild the file and copy it completely.",
    sources=(ARCHIVES,),
    scope=Scope.UNIVERSAL,
).for_anomalies(
    __name__,
    {Anomaly.CORRUPT_MEMBER: "A member cannot be unpacked: `{}`.", Anomaly.ENCRYPTED: "The member `{}` is encrypted."},
)

Rule(
    id="archive-damaged-end",
    title="Damaged sdist",
    summary="The compressed data of an sdist is intact to its last byte",
    why="gzip ends with a length and a checksum; if they do not match, data was lost. The index may not notice.",
    fix="Rebuild the file and copy it completely.",
    sources=("https://www.rfc-editor.org/rfc/rfc1952",),
    verdict=Verdict.DOUBTFUL,
    scope=Scope.UNIVERSAL,
).for_anomalies(__name__, {Anomaly.DAMAGED_END: "The archive is damaged after its last member: {}."})

Rule(
    id="archive-compression",
    title="Unsupported compression method",
    summary="Every member of a wheel is stored or deflated",
    why="Installers need not support any other method, and the index refuses them.",
    fix="Build the wheel with the compression method `deflated`.",
    sources=(ARCHIVES,),
).for_anomalies(__name__, {Anomaly.COMPRESSION: "The member `{}` is neither stored nor deflated."})

Rule(
    id="archive-ratio",
    title="Compression ratio too high",
    summary="A wheel of more than 64 MiB unpacked is not compressed by more than 50 to 1",
    why="The index treats such a wheel as a decompression bomb.",
    fix="Leave large files of zeros or repeated data out of the wheel, and generate them on first use.",
    sources=(ARCHIVES,),
    scope=Scope.PYPI,
).for_anomalies(__name__, {Anomaly.RATIO: "The wheel unpacks to {} times its size; PyPI accepts 50 times."})

Rule(
    id="archive-polyglot",
    title="Ambiguous archive format",
    summary="The file is not a zip and a tar archive at the same time",
    why="Its contents would depend on the tool that opens it.",
    fix="Publish the file as the build produced it.",
    sources=(ARCHIVES,),
    scope=Scope.PYPI,
).for_anomalies(__name__, {Anomaly.POLYGLOT: "The file can be read as a {} archive as well."})

Rule(
    id="archive-obfuscated",
    title="Obfuscated source code",
    summary="No Python source is encrypted with PyArmor or SourceDefender",
    why="PyPI's acceptable use policy rules out code that cannot be inspected.",
    fix="Publish the plain source, or distribute the obfuscated build by other means.",
    sources=("https://policies.python.org/pypi.org/Acceptable-Use-Policy/",),
    scope=Scope.PYPI,
).for_anomalies(__name__, {Anomaly.OBFUSCATED: "PyPI does not accept source that is encrypted with `{}`."})

Rule(
    id="archive-escaping-member",
    title="Path outside the archive",
    summary="No member would be unpacked outside the target directory",
    why="PyPI accepts it; installers refuse such members or, if they are old, write outside the target directory.",
    fix="Exclude the file with an absolute path or a path with `..` from the build.",
    sources=("PEP 706",),
    verdict=Verdict.ACCEPTED,
).for_anomalies(__name__, {Anomaly.ESCAPING_MEMBER: "The member `{}` leads out of the archive."})

Rule(
    id="sdist-top-directory",
    title="Files outside the top directory",
    summary="Everything in an sdist is in one directory",
    why="Unpacking must not scatter files. The `tar` of macOS adds `._` files next to that directory.",
    fix="Build with `python -m build --sdist`. If you run `tar` yourself on macOS, set `COPYFILE_DISABLE=1`.",
    sources=("PEP 517", SOURCE_DISTRIBUTION),
).for_anomalies(
    __name__,
    {
        Anomaly.SEVERAL_TOPS: "The member `{}` is outside the directory of the others.",
        Anomaly.MIXED_PATHS: "Absolute and relative paths are mixed, `{}` among them.",
    },
)

Rule(
    id="sdist-pkg-info",
    title="PKG-INFO not found",
    summary="`PKG-INFO` is directly in the top directory, under exactly that path",
    why="The index looks it up by its path and does not find members whose name starts with `./`.",
    fix="Build with `python -m build --sdist`. If you run `tar` yourself, pass `directory`, not `./directory`.",
    sources=("PEP 517", SOURCE_DISTRIBUTION),
).for_anomalies(__name__, {Anomaly.METADATA_PLACE: "The archive has no member `{}`."})

Rule(
    id="sdist-sparse",
    title="Sparse file in an sdist",
    summary="No member of an sdist is sparse",
    why="Readers of tar archives disagree about files with holes; the index refuses them.",
    fix="Run `tar` without `--sparse`, or build with `python -m build --sdist`.",
    sources=(SOURCE_DISTRIBUTION,),
).for_anomalies(__name__, {Anomaly.SPARSE_MEMBER: "The member `{}` is sparse."})


@Rule(
    id="size-file",
    title="File larger than 1 GiB",
    summary="The file is not larger than 1 GiB",
    why="PyPI raises the limit of 100 MiB per file on request, but not beyond 1 GiB.",
    fix="Leave data, tests and debug symbols out, or download them on first use.",
    sources=("https://docs.pypi.org/project-management/storage-limits/",),
    scope=Scope.PYPI,
).for_each
def _check_size(distribution: Distribution) -> Iterator[Finding]:
    if distribution.size > HIGHEST_LIMIT:
        yield found("PyPI accepts no file of more than 1 GiB.")
