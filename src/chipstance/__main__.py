"""Lets `python -m chipstance` run the command."""

from chipstance.cli import main

if __name__ == "__main__":
    main()
