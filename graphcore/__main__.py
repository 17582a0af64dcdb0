"""``python -m graphcore`` is the ``graphcore`` command."""

import sys

from graphcore.cli import main

sys.exit(main())
