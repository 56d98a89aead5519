"""Typed operations, one file per facility: a driver and arguments in, models out."""
