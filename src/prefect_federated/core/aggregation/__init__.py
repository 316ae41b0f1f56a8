"""Aggregation rules, one file each, exact on integers."""
