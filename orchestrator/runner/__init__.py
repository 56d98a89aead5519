"""One run, top to bottom: preflight, steps in order, teardown in reverse, whatever happens.

Comes in: a checked playbook and devices. Goes out: a result, a run directory, and devices as they were before. May
import everything below.
"""
