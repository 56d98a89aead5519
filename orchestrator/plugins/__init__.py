"""Load the thing called X: steps and reports register as entry points, ours through the same door as strangers'.

Comes in: the name of a group. Goes out: what is registered there. May import: ``errors``.
"""
