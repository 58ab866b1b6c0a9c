"""Figures across apps; today's board. Reads everything, writes nothing."""
