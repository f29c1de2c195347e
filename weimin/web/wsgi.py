"""What the web server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "weimin.settings")
application = get_wsgi_application()

# A request leaves hardly any cycles, and the place (areas, offices, items) stays in memory: looking
# through all of it for garbage every few requests took a tenth of their time.
gc.freeze()
gc.set_threshold(50_000, 20, 100)
