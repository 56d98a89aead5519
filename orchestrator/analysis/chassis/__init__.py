"""The chassis: what its alarms, error counters and wedges mean, and what was not looked at."""
