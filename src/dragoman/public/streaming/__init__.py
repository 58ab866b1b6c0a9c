"""The parts of the live stream: the wire, the readers, the log it follows. No Django: see `pulse.py`."""
