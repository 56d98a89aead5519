"""The forwarding plane of the lab: packets in, sessions, trace records, logs and drop records out."""
