"""Turn a request into a response: tables, plan, dispatch, results, errors.

Nothing here knows a server protocol, and nothing knows `Flask` itself:
`registry` keeps what was registered, `plan` compiles it, `dispatch` walks
the plan, `result` and `errors` make responses, `bridge` joins sync and
async code.
"""
