"""Start the action."""

import gc

# Imports make many objects and no garbage: looking for it costs a fifth of the time to start.
gc.disable()

from publisher.main import main  # noqa: E402 -- after the line above, on purpose

gc.freeze()
gc.enable()

raise SystemExit(main())
