"""A silo's data: sources, consent view, Great Expectations, dataset root."""
