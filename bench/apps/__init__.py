"""One file for each framework: every case as a user of that framework would write it.

Each file has `APPS`, which maps the name of a case to the function that
builds its application, and says for the other cases why there is none.
"""
