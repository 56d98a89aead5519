"""Read the inventory: Nornir's, with any of its inventory plugins.

Comes in: a folder and a selection. Goes out: devices. May import: ``model``, ``errors``. Only Nornir's inventory is
used, not its runner.
"""
