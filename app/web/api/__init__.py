"""The API of the staff, `/api/v1`: one file per noun; an endpoint parses, calls one service, and shapes the answer.

`docs/api.md` tells how an endpoint is made.
"""
