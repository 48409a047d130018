"""Examples of hypothesis may take as long as they want: a time limit measures the neighbours."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
