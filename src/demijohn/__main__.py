"""Run the `demijohn` command as `python -m demijohn`."""

from __future__ import annotations

from demijohn.cli import main

main()
