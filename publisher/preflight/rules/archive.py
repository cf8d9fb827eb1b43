"""Whether the index can open the archive, and every tool finds the same members in it."""

from collections.abc import Iterator

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution, Fault
from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Rule, Scope, Verdict, found

ARCHIVES = "https://docs.pypi.org/archives/"
SOURCE_DISTRIBUTION = "https://packaging.python.org/specifications/source-distribution-format/"

SIZE_LIMIT = 1 << 30

_REMEDIES = {
    Fault.NAME: "Rebuild it and keep the name that the build backend gives it, or keep it out of `packages-dir`.",
    Fault.PLACE: "Put a readable file in its place, in the workspace, or keep it out of `packages-dir`.",
}


@Rule(
    id="archive-unreadable",
    title="Unreadable distribution",
    why="Without metadata there is nothing to send, and no installer could use the file.",
    fix="Rebuild the file and copy it completely, or keep it out of `packages-dir`.",
    sources=("PEP 427", "PEP 625"),
    scope=Scope.UNIVERSAL,
    is_decisive=True,
).for_plan
def _check_unreadable(plan: Plan) -> Iterator[Finding]:
    for file in plan.unreadable:
        remedy = _REMEDIES.get(file.fault, "")
        yield found(f"The file cannot be published, because {file.reason}.", remedy, filename=file.filename)


Rule(
    id="archive-damaged",
    title="Damaged archive",
    why="The index unpacks only the metadata and the Python source of a wheel; installers unpack everything.",
    fix="Rebuild the file and copy it completely. If a tool repaired or stripped it, check that tool.",
    sources=(ARCHIVES, "https://www.rfc-editor.org/rfc/rfc1952"),
    scope=Scope.UNIVERSAL,
).for_anomalies(
    {
        Anomaly.CORRUPT_MEMBER: "A member cannot be unpacked: `{}`.",
        Anomaly.ENCRYPTED: "The member `{}` is encrypted.",
        Anomaly.DAMAGED_END: "The archive is damaged after its last member: {}.",
        Anomaly.DAMAGED_MEMBER: "The wheel cannot be installed: `{}` does not match its CRC-32 or is damaged.",
    },
    doubtful=[Anomaly.DAMAGED_END],
    accepted=[Anomaly.DAMAGED_MEMBER],
)

Rule(
    id="archive-compression",
    title="Unsupported compression method",
    why="Installers need to support stored and deflated members only, and the index refuses any other.",
    fix="Build the wheel with the compression method `deflated`.",
    sources=(ARCHIVES,),
).for_anomalies({Anomaly.COMPRESSION: "The member `{}` is neither stored nor deflated."})

Rule(
    id="archive-ratio",
    title="Compression ratio too high",
    why="Above 64 MiB unpacked and a ratio of 50 to 1, the index treats a wheel as a decompression bomb.",
    fix="Leave large files of zeros or repeated data out of the wheel, and generate them on first use.",
    sources=(ARCHIVES,),
    scope=Scope.PYPI,
).for_anomalies({Anomaly.RATIO: "The wheel unpacks to {} times its size; PyPI accepts 50 times."})

Rule(
    id="archive-obfuscated",
    title="Obfuscated source code",
    why="PyPI's acceptable use policy rules out code that cannot be inspected.",
    fix="Publish the plain source, or distribute the obfuscated build by other means.",
    sources=("https://policies.python.org/pypi.org/Acceptable-Use-Policy/",),
    scope=Scope.PYPI,
).for_anomalies({Anomaly.OBFUSCATED: "PyPI does not accept source that is encrypted with `{}`."})

Rule(
    id="archive-escaping-member",
    title="Path outside the archive",
    why="Installers refuse such members or, if they are old, write outside the target directory.",
    fix="Exclude the file with an absolute path or a path with `..` from the build.",
    sources=("PEP 706",),
    verdict=Verdict.ACCEPTED,
).for_anomalies({Anomaly.ESCAPING_MEMBER: "The member `{}` leads out of the archive."})

Rule(
    id="archive-ambiguous",
    title="Ambiguous archive",
    why="What such an archive contains depends on the tool that opens it.",
    fix="Publish the file as the build produced it. A tool that repacks it must write to a file, not to a pipe.",
    sources=(ARCHIVES,),
    scope=Scope.PYPI,
).for_anomalies(
    {
        Anomaly.POLYGLOT: "The file can be read as a {} archive as well.",
        Anomaly.DATA_DESCRIPTOR: "The wheel was streamed: the size of `{}` follows its data.",
        Anomaly.DUPLICATE_MEMBER: "The member `{}` occurs twice.",
        Anomaly.MEMBER_COMMENT: "The member `{}` has a comment.",
    },
)

Rule(
    id="archive-contradiction",
    title="Contradictory zip records",
    why="Tools that read a wheel from the front and tools that read its directory must find the same members.",
    fix="Publish the wheel as the build produced it: do not edit it, prepend a `#!` line, or append anything.",
    sources=(ARCHIVES,),
).for_anomalies(
    {
        Anomaly.UNKNOWN_RECORD: "There are bytes that belong to no member, {}.",
        Anomaly.TRUNCATED_RECORD: "A record of the archive is truncated, {}.",
        Anomaly.TRAILING_DATA: "There are bytes after the end of the archive, {}.",
        Anomaly.EXTRA_FIELD: "A member has malformed extra fields: `{}`.",
        Anomaly.MEMBER_NAME: "The name of the member `{}` is not UTF-8 or has control characters.",
        Anomaly.DIRECTORY_MISMATCH: "Records and directory disagree: `{}`.",
    },
)


@Rule(
    id="archive-size",
    title="File larger than 1 GiB",
    why="PyPI raises the limit of 100 MiB per file on request, but not beyond 1 GiB.",
    fix="Leave data, tests, and debug symbols out, or download them on first use.",
    sources=("https://docs.pypi.org/project-management/storage-limits/",),
    scope=Scope.PYPI,
).for_each
def _check_size(distribution: Distribution) -> Iterator[Finding]:
    if distribution.size > SIZE_LIMIT:
        yield found("PyPI accepts no file of more than 1 GiB.")


Rule(
    id="sdist-layout",
    title="Wrong sdist layout",
    why="Everything in an sdist belongs in one directory, and `PKG-INFO` directly in it, without `./` in its path.",
    fix="Build with `python -m build --sdist`. With `tar`, pass `directory`, not `./directory`, and on macOS set "
    "`COPYFILE_DISABLE=1`.",
    sources=("PEP 517", SOURCE_DISTRIBUTION),
).for_anomalies(
    {
        Anomaly.SEVERAL_TOPS: "The member `{}` is outside the directory of the others.",
        Anomaly.MIXED_PATHS: "Absolute and relative paths are mixed, `{}` among them.",
        Anomaly.METADATA_PLACE: "The archive has no member `{}`.",
        Anomaly.SPARSE_MEMBER: "The member `{}` is sparse.",
    },
)
