"""Lineage of a model: read from events, shown as a page, exported as a bundle."""
