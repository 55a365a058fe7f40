"""Lets `python -m chipstance` run the command."""

if __name__ == "__main__":  # processes that it begins import this module, too, and need nothing of it
    from chipstance.cli import main

    main()
