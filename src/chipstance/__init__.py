"""ChipStance: an annotated benchmark of quotations, organizations, money and stance in news."""

from chipstance._version import __version__

__all__ = ["__version__"]
