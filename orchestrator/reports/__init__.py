"""Write for a reader: one module a format, each with ``render(result) -> str``.

Comes in: the result document of a run. Goes out: text. May import: ``model``, ``errors``.
"""
