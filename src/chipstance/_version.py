"""The one place where the version of code and data is written."""

__version__ = "1.1.0"
