"""The root: environment, standard output and clock come in here and are handed on."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import time

from publisher.ahead import look_ahead
from publisher.distributions.reading import count_processors


def main() -> int:
    """Run the action in this process; return its exit status."""
    # The runner reads UTF-8, whatever the locale says; a lone surrogate in a file name must not end the run.
    stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace")
    # Where whoever started this process had it ignored, nobody would learn how a fork ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ahead = look_ahead(os.environ, count_processors())
    try:
        from publisher.program import STOP_SIGNALS, Program  # noqa: PLC0415 -- while forked processes read

        gc.freeze()
        gc.enable()
        for number in STOP_SIGNALS:
            # Before and after what can be stopped there is a report to write, which no signal may break off.
            signal.signal(number, lambda *_: None)
        return Program(os.environ, stdout, time.time, ahead).run()
    finally:
        if ahead is not None:
            ahead.close()
