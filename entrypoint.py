"""Start the action."""

import os
import signal

# Blocked before anything else, so that no signal is lost while the program is imported; `main` waits for them.
signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))

from publisher.main import main  # noqa: E402 -- after the line above, on purpose

status = main()
# Threads that were left alone, and a signal during the interpreter's shutdown, must not change the end.
os._exit(status)
