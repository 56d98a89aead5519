"""The nouns of the product, as frozen values.

Comes in: nothing. Goes out: what every floor above speaks in. May import: ``errors`` only.
"""
