"""What can be asked of the device, one file a facility, each answered as XML and as text."""
