"""Bytes to records.

Comes in: a ``Source`` (a file, plain or gzip, or bytes) or an XML reply that is already parsed. Goes out: a ``Reading``
that streams models and accounts for what it did not recognise. May import: ``model`` and ``errors``.
"""
