"""Attack cases 7, 8 and 10 as one table: every route and every WebSocket of the relay, asked by everybody.

How to add a row. A new route (or a new entry of SOCKET_ROUTES) fails `test_every_route_has_its_row` until it stands in
`rows/<noun>.py`, the noun being that of its views' file; a new file is found by itself, as soon as it has a `ROWS`:

    ROWS = {
        "GET /api/badges": Row(ANYBODY_KNOWN, World.badge),
        "POST /api/badges": Row(CREATES, body=lambda world: {"name": f"b-{world.number()}"}),
        "DELETE /api/badges/{badge_id}": Row((401, 403, 404, 404, 403, 200, 200), World.badge),
    }

1. The statuses are those of COLUMNS in their order: nobody, user (no grants), foreign_user, foreign_admin, granted,
   admin, super_admin. `patterns.py` names the common ones.
2. The other columns follow from the permission: an account key is answered as its owner (403 where the route says
   `by_key=False`); whoever holds a dead or foreign credential (DEAD in `people.py`) is
   refused 401, of a disabled organization 403, and on a PUBLIC route is answered as nobody is. Where that is not so,
   say it: `others={"expired": 400}`.
3. `make` puts what the request needs into the organization Acme, afresh for each request, and gives the path's values;
   makers of one noun live in that noun's file as plain functions of the world, makers of several in `world.py`.
   Everything made carries MARK in its name or text: who may not see it must not find that word anywhere in the answer.
4. `body` makes the JSON body (or a `Form`, a multipart body), `query` the query, `headers` what else the request says.

A status that is wrong in the table and a status that is wrong in the relay look the same: decide which, then change it.
"""
