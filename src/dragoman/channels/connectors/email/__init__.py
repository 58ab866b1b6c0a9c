"""E-mail to those who asked for it: one message to each, by the ministry's own relay."""
