"""One lock for all work with Great Expectations, which keeps the current project in a global."""

import threading

GX = threading.Lock()
