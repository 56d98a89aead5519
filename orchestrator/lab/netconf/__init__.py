"""NETCONF as the device speaks it: framing, the dialogue, and the shapes of replies."""
