"""The prose of the log: what is about to happen, each outcome, and the result of the run."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from structlog.typing import FilteringBoundLogger

from publisher.distributions.model import Distribution, Found, Kind
from publisher.errors import Cancelled, NotListed
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Uploaded, WouldUpload
from publisher.index.waves import PER_RELEASE, Release, Wave
from publisher.preflight.model import Severity
from publisher.report.log import Console
from publisher.report.messages import find_messages
from publisher.report.messages.message import join_names, name_index, quote_names
from publisher.report.messages.refusals import NEW_VERSION
from publisher.report.messages.upload import find_refusal
from publisher.report.model import Report, Result, Row
from publisher.report.outputs import OUTCOME_WORDS, list_release_pages
from publisher.settings.destinations import Destination

NAMED_RELEASES = 3  # in a headline
_NAMED_FILES = 10  # in a line of the log
_IN_DRY_RUN = {
    "would-upload": "would be uploaded",
    "existing": "existing",
    "skipped": "would be skipped",
    "refused": "would be refused",
    "not-tried": "would not be uploaded",
}
_SETTLED = {Existing: "Nothing to upload, the index already has this content", WouldUpload: "Would be uploaded"}
_UNITS = {"GB": 10**9, "MB": 10**6, "kB": 10**3}


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_size(size: int) -> str:
    """Return bytes in powers of 1000, as PyPI's pages do."""
    unit, divisor = next(((unit, divisor) for unit, divisor in _UNITS.items() if size >= divisor), ("bytes", 1))
    return f"{size / divisor:.{0 if divisor == 1 else 1}f} {unit}"


def log_intent(log: FilteringBoundLogger, found: Found, real: Destination, rehearsal: Destination | None) -> None:
    """Log what is about to happen (how many files, where, authenticated how), and which files are left out."""
    files = format_count(len(found.candidates), "distribution")
    place, test = (f"{each.index.name} ({each.index.upload_url})" if each else "" for each in (real, rehearsal))
    if real.authentication is None:
        log.info(f"Dry run: checking {files} for {place}; nothing will be uploaded")
    else:
        after = f", after a rehearsal on {test} {rehearsal.method}" if rehearsal else ""
        log.info(f"Publishing {files} to {place} {real.method}{after}")
    if found.ignored:
        names = join_names([path.name for path in found.ignored], _NAMED_FILES)
        log.info(f"Ignored, because they are not distributions: {names}")


def render_start(report: Report, attesting: str, order: str) -> str:
    """Return what is uploaded now, whether it is attested, and in which order."""
    what = format_count(len(report.pending), "file")
    start = f"Rehearsing {what} on" if report.is_rehearsal else f"Uploading {what} to"
    return f"{start} {name_index(report.index)}, {attesting}{f'. Order: {order}' if order else ''}"


def render_order(waves: Sequence[Wave], suspects: Collection[str], existing: Collection[Release], parallel: int) -> str:
    """Return the order of uploads, and how many run at a time; `existing` are the releases of which there are files."""
    alone = [wave[0] for wave in takewhile(lambda wave: len(wave) == 1, waves[:-1])]
    rest, steps = list(waves[len(alone) :]), []
    if len(alone) == 1:
        (first,) = alone
        reason = "" if first.release in existing else ", so that the release exists"
        reason = ", because of its warning" if first.filename in suspects else reason
        steps.append(f"1 {'wheel' if first.kind is Kind.WHEEL else 'sdist'} first{reason}")
    elif alone:
        steps.append(f"{len(alone)} files first, one at a time")
    last = rest.pop() if len(waves) > 1 and rest[-1][0].kind is Kind.SDIST else ()
    if rest and sum(map(len, waves)) > 1:
        at_once = max(min(len(wave), parallel, PER_RELEASE * len({each.release for each in wave})) for wave in rest)
        steps.append(f"{'then ' if alone else ''}{at_once} at a time")
    if last:
        steps.append("sdist last" if len(last) == 1 else "sdists last")
    return "; ".join(steps)


def log_start(log: FilteringBoundLogger, distribution: Distribution) -> None:
    """Log that the first attempt of an upload begins."""
    log.info(f"Uploading {distribution.filename} ({format_size(distribution.size)})")


def log_end(log: FilteringBoundLogger, distribution: Distribution, outcome: Outcome, seconds: float) -> None:
    """Log what became of an upload; an annotation explains why it was refused or failed."""
    write = log.error if isinstance(outcome, (Refused, Failed)) else log.info
    write(_render_outcome(distribution.filename, outcome, seconds))


def _render_outcome(filename: str, outcome: Outcome, seconds: float) -> str:
    match outcome:
        case Uploaded(attempts=attempts):
            return f"Uploaded {filename} in {seconds:.1f} s{f' (attempt {attempts})' if attempts > 1 else ''}"
        case Existing():
            return f"{_SETTLED[Existing]}: {filename}"
        case Refused(status=status):
            return f"Refused {filename}{f' ({status})' if status else ''}"
        case Failed(cause=cause, attempts=attempts):
            after = f" after {format_count(attempts, 'attempt')}" if attempts else ""
            return f"Failed to upload {filename}{after}{'' if cause else ': the run was cancelled'}"
        case _:
            return f"Skipped {filename}"


def render_settled(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a line for all files that were not uploaded for the same reason, unless an annotation explains it."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        because = f"Not uploaded, because {row.outcome.reason}" if isinstance(row.outcome, NotTried) else ""
        if reason := because or _SETTLED.get(type(row.outcome)):
            groups.setdefault(reason, []).append(row.distribution.filename)
    yield from (f"{reason}: {join_names(filenames, _NAMED_FILES)}" for reason, filenames in groups.items())


def render_result(report: Report) -> str:
    """Return the result of a run and the pages of its releases."""
    return ". ".join((render_headline(report), *list_release_pages(report)[:NAMED_RELEASES]))


def render_headline(report: Report) -> str:
    """Return the result of a run in one sentence."""
    index = name_index(report.index)
    what = join_names([f"{project} {version}" for project, version in report.releases], NAMED_RELEASES)
    words = Counter(OUTCOME_WORDS[type(row.outcome)] for row in report.rows)
    counts = ", ".join(f"{number} {word}" for word, number in words.items())
    place = f"{index} ({what})" if what else index
    if report.dry_run:
        return f"Dry run for {place}: {_render_checked(report, words)}"
    if report.result is Result.PUBLISHED:
        return f"Published {what} to {index}: {counts}"
    if report.result is Result.UNCHANGED:
        return f"Nothing was uploaded: {index} already has {what} ({counts})"
    if report.result is Result.PARTIAL:
        return _render_partial(report, index, what)
    nothing = f"{'Cancelled: nothing' if report.cancelled else 'Nothing'} was published to {place}"
    rehearsal = report.rehearsal
    if rehearsal is not None and not rehearsal.is_success and not report.cancelled:
        return f"{nothing}: the rehearsal on {name_index(rehearsal.index)} failed"
    return nothing


def _render_checked(report: Report, words: Mapping[str, int]) -> str:
    counts = [f"{words[word]} {meaning}" for word, meaning in _IN_DRY_RUN.items() if word in words]
    problems = Counter(severity for severity, _ in find_messages(report))
    counts += [format_count(number, severity) for severity, number in sorted(problems.items())]
    return ", ".join(counts if problems else (*counts, "no problems"))


def _render_partial(report: Report, index: str, what: str) -> str:
    done, total = sum(row.is_on_index for row in report.rows), len(report.rows) + len(report.unreadable)
    if done < total:
        start = "Cancelled" if report.cancelled else "Partially published"
        return f"{start}: {index} has {done} of {format_count(total, 'file')} of {what}"
    but = "did not list all of them in time" if isinstance(report.error, NotListed) else "the run failed"
    if isinstance(report.error, Cancelled):
        but = f"the run was cancelled while {report.error.stage}"
    return f"{index} has every file of {what}, but {but}"


def explain_completion(report: Report) -> str:
    """Return how to complete a release that is published in part; empty for any other, or if an error says how."""
    refused = {row.distribution.filename: row.outcome for row in report.rows if isinstance(row.outcome, Refused)}
    is_complete = all(row.is_on_index for row in report.rows)
    says_how = any(find_refusal(outcome)[0] in NEW_VERSION for outcome in refused.values())
    says_how |= any(finding.severity is Severity.ERROR for finding in report.findings)
    if report.result is not Result.PARTIAL or is_complete or says_how:
        return ""
    if not refused:
        return "To complete the release, run the job again with the same files."
    names = quote_names(tuple(refused), _NAMED_FILES)
    return (
        f"What is published cannot be replaced. If a refused file has to change, build only {names} again and keep the "
        "others as they are; running the job again uploads what is missing."
    )


def write_digests(distributions: Sequence[Distribution], console: Console) -> None:
    """Write the digests of all distributions into a group."""
    if not distributions:
        return
    with console.group("Digests of the distributions"):
        for distribution in distributions:
            console.write_line(f"{distribution.filename} ({format_size(distribution.size)})")
            console.write_line(f"    SHA-256      {distribution.digests.sha256}")
            console.write_line(f"    BLAKE2b-256  {distribution.digests.blake2b_256}")
            console.write_line(f"    MD5          {distribution.digests.md5}")
