"""How well triage does: labelled sets, the fitting of its small parameters, and the measuring, kept apart."""
