"""When a run is due on this host: schedules that people write, and the timers that carry them.

Comes in: a folder of YAML files. Goes out: due times, systemd units and crontab lines. May import: ``playbook``,
``store``, ``model``, ``errors``. The clock of the host's own scheduler does the firing; nothing here stays running.
"""
