"""Look at records together: who talked to whom, and what became of it.

Comes in: packets, sessions and drop records from any source. Goes out: conversations, findings and a verdict. May
import: ``parsers``, ``model``, ``errors``; never the driver, so that a file from a ticket is as good as a live device.
"""
