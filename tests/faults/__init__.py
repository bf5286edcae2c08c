"""A corpus of seeded faults, and the measure of how many of them verification finds."""
