"""Move a file: from the device's disk to the run directory, whole, and proven so.

Comes in: a driver and a path on the device. Goes out: artifacts. May import: ``driver``, ``parsers``, ``store``,
``model``, ``errors``.
"""
