"""The lab: an emulated SRX over real SSH, NETCONF and SCP.

Comes in: a persona (what release it is) and a scenario (its network, traffic and faults). Goes out: a device that
independent clients cannot tell from the documented behaviour of a real one, and counts everything done to it.
It shares no code with what it tests: it imports ``errors`` and nothing else of the product.
"""
