"""Start the action."""

from publisher.main import main

raise SystemExit(main())
