"""Talk to one device, and put nothing on the wire that the guard does not know.

Comes in: a ``Device`` of the inventory and typed operations. Goes out: models. May import: ``parsers``, ``model``,
``errors``. Only ``driver.pyez`` imports PyEZ.
"""
