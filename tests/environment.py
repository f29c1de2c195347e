"""Set before Django reads its settings: a home of its own for every test run."""

import os
import tempfile

os.environ["WEIMIN_HOME"] = tempfile.mkdtemp(prefix="weimin-test-")
os.environ["WEIMIN_TESTING"] = "1"
os.environ["WEIMIN_DEMO"] = "1"
os.environ.pop("DATABASE_URL", None)
