"""Measuring: runs that take turns, what a device reaches at best, what a machine is."""
