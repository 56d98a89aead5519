"""What is owed: a durable record of every change on a device that is not undone yet.

Comes in: a step about to change a device, with all that undoing it needs. Goes out: obligations, until they are
discharged. May import: ``model``, ``errors``.
"""
