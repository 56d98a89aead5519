"""What to do on a box: one file a step kind.

Comes in: checked arguments and a ``Bench`` (driver, device, folder, promise to undo). Goes out: an ``Outcome``.
May import: ``retrieval``, ``driver``, ``parsers``, ``model``, ``errors``. Steps never import each other.
"""
