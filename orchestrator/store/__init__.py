"""Name a path: the state directory, run directories and what lies in them.

Comes in: names. Goes out: paths and files written whole or not at all. May import: ``model``, ``errors``.
"""
