"""Start the action."""

import gc
import signal

# A signal that comes before anybody listens is held back and not lost: as PID 1, the process would ignore it.
signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))

# Imports make many objects and no garbage: looking for it costs a fifth of the time to start.
gc.disable()

from publisher.main import main  # noqa: E402 -- after the lines above, on purpose

gc.freeze()
gc.enable()

raise SystemExit(main())
