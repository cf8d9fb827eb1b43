from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import SecretStr

from publisher.report.logs import configure_logging, render_event
from publisher.report.masker import Masker


def test_render_event__puts_the_sentence_first_and_details_in_order() -> None:
    event = {"event": "Uploading sample-1.0.whl", "size": "1.2 MB", "attempt": 2, "host": "index.example"}
    assert render_event("info", event) == 'Uploading sample-1.0.whl  size="1.2 MB"  attempt=2  host=index.example'


@pytest.mark.parametrize(
    ("value", "shown"), [("", '""'), ("a=b", '"a=b"'), ('say "x"', r'"say \"x\""'), ("a\nb", r'"a\nb"')]
)
def test_render_event__quotes_values_that_would_be_misread(value: str, shown: str) -> None:
    assert render_event("info", {"event": "x", "key": value}) == f"x  key={shown}"


def test_render_event__names_levels_that_matter() -> None:
    assert render_event("warning", {"event": "careful"}) == "warning: careful"
    assert render_event("error", {"event": "broken"}) == "error: broken"
    assert render_event("debug", {"event": "detail"}) == "detail"


def test_configure_logging__says_debug_only_when_verbose() -> None:
    for verbose, expected in ((False, ["shown"]), (True, ["detail", "shown"])):
        lines: list[str] = []
        log = configure_logging(lines.append, Masker(), verbose=verbose)
        log.debug("detail")
        log.info("shown")
        assert lines == expected


def test_configure_logging__scrubs_sentence_and_details() -> None:
    lines: list[str] = []
    masker = Masker()
    log = configure_logging(lines.append, masker, verbose=True)
    masker.add(SecretStr("canary-token"))
    log.error("refused canary-token", header="Basic canary-token", nested={"a": ["canary-token"]})
    assert lines == ["""error: refused ***  header="Basic ***"  nested="{'a': ['***']}\""""]


def test_configure_logging__leaves_rich_alone_and_importable() -> None:
    code = (
        "import sys\n"
        "from publisher.report.logs import configure_logging\n"
        "from publisher.report.masker import Masker\n"
        "configure_logging(print, Masker(), verbose=False)\n"
        "assert not any(name.split('.')[0] == 'rich' for name in sys.modules)\n"
        "import rich\n"
        "configure_logging(print, Masker(), verbose=False)\n"
        "assert sys.modules['rich'] is rich\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
