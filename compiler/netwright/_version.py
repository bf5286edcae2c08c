"""The one place that holds the version; the build back end reads it from here."""

__version__ = "0.1.0"
