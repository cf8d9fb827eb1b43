"""Explanations for distributions that the index refused, or whose upload failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.report.messages.access_refusals import ACCESS_REFUSALS
from publisher.report.messages.advice import BY_STATUS, UNKNOWN_REFUSAL, Advice
from publisher.report.messages.file_refusals import FILE_REFUSALS
from publisher.report.messages.message import Message, named, quoted
from publisher.report.messages.trouble import explain_trouble

if TYPE_CHECKING:
    from publisher.distributions.model import Unreadable
    from publisher.index.outcome import Failed, Refused, Skipped

_OUTAGE = 500


def explain_refused(filename: str, refused: Refused, where: str) -> Message:
    """Quote the index and add cause and remedy where the words are known, else by status, else in general."""
    name, reason = quoted(filename), quoted(refused.reason)
    if refused.status is None:
        what = f"{named(filename)} cannot be published to {where}: {reason}"
    else:
        what = f"{where[0].upper()}{where[1:]} refused {named(filename)}: {refused.status} {reason}".rstrip()
    advice = find_advice(refused)
    return Message(f"Refused: {name}", what, advice.why, advice.remedy, advice.link)


def find_advice(refused: Refused) -> Advice:
    """Return the first known refusal whose words, and status where it names one, fit."""
    lowered = refused.reason.lower()
    for known in (*ACCESS_REFUSALS, *FILE_REFUSALS):
        if known.status in {None, refused.status} and any(phrase in lowered for phrase in known.phrases):
            return known.advice
    if refused.status is None:
        return UNKNOWN_REFUSAL
    if refused.status >= _OUTAGE:
        return Advice(*explain_trouble(refused.reason))
    return BY_STATUS.get(refused.status, UNKNOWN_REFUSAL)


def explain_failed(filename: str, failed: Failed, where: str) -> Message:
    """Say what went wrong, whether the file may have arrived all the same, and that running again is safe."""
    name = quoted(filename)
    times = {0: "", 1: " in 1 attempt"}.get(failed.attempts, f" in {failed.attempts} attempts")
    why, remedy = explain_trouble(failed.reason)
    if failed.may_be_uploaded:
        why = f"{why} The file may be on the index all the same."
    what = f"{named(filename)} could not be uploaded to {where}{times}: {quoted(failed.reason)}"
    return Message(f"Failed: {name}", what, why, remedy)


def explain_skipped(filename: str, skipped: Skipped) -> Message:
    """Warn that what is on the index is not what was built."""
    name = quoted(filename)
    return Message(
        f"Skipped: {name}",
        f"{named(filename)} was skipped: {quoted(skipped.reason)}",
        "Another build of this version was published before; `skip-existing` says to leave it there.",
        "If this build was meant to be published, give it a new version.",
    )


def explain_not_rehearsed(filename: str, skipped: Skipped, where: str) -> Message:
    """Warn that the test index has another build, which changes nothing for the real one."""
    return Message(
        f"Other content: {quoted(filename)}",
        f"{named(filename)} was not rehearsed on {where}: {quoted(skipped.reason)}",
        "Another build of this version was rehearsed before, and a file on an index can never be replaced. This one "
        "counts as rehearsed.",
        "Nothing has to be done. To rehearse every build in full, give each a version of its own, such as `1.0.dev7`.",
    )


def explain_unreadable(unreadable: Unreadable) -> Message:
    """Say why a file that looks like a distribution is none."""
    name = quoted(unreadable.filename)
    return Message(
        f"Unreadable: {name}",
        f"{named(unreadable.filename)} cannot be published: {quoted(unreadable.reason)}",
        remedy="Build the file again, or remove it from `packages-dir`.",
    )
