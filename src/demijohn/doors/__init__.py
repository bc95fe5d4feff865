"""Speak a server's protocol, and nothing else.

A door turns what a server hands over into a request context, has the
pipeline answer it, and sends the response.  No door knows a view.
"""
