"""Nothing that the tests start may phone home, and no property is timed."""

import os

from hypothesis import settings

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["GX_ANALYTICS_ENABLED"] = "false"

settings.register_profile("untimed", deadline=None)  # a deadline would time the machine, not the code
settings.load_profile("untimed")
