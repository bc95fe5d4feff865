"""Measure Demijohn beside its peers: in process, on the wire, and at scale.

`python -m bench` is the program and `scripts/bench` runs it in its own environment.
Nothing here is part of the package, and nothing of the package depends on it.
"""
