"""Start the action."""

import gc
import os
import signal

# A signal that comes before anybody listens is held back and not lost: as PID 1, the process would ignore it.
signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))

# Nothing that happens to be installed hooks into our validation; looking for it would cost 40 ms.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"  # noqa: TID251 -- read when pydantic is imported

# Imports make many objects and no garbage: looking for it costs a fifth of the time to start.
gc.disable()

from publisher.main import main  # noqa: E402 -- after the lines above, on purpose

status = main()
# All is told. While the interpreter ends it gives up its handlers, and a signal would change the exit status; and
# nobody gains by everything that was imported being taken apart.
os._exit(status)
