"""Read what a person wrote: playbooks, their variables, and what is wrong with them.

Comes in: a YAML file, values for its variables, the step kinds there are. Goes out: a ``Playbook`` in which every
value was checked, or a ``PlaybookError`` with file, line and cure. May import: ``model``, ``errors``.
"""
