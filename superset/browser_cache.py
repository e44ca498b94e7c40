"""What a browser keeps a while instead of asking again: the names of the columns that the menus of tiles offer.

Each time a dashboard opens, Superset asks for them once per dataset, in the way of the figures. They only change with
the tree; they hold no row, and a page that may be opened shows them.
"""

import re

from flask import Flask, Response, request

COLUMNS = re.compile(r"/api/v1/dataset/\d+/drill_info/")
SECONDS = 600


def keep_in_browsers(app: Flask) -> None:
    """Let the browser of a reader, and no proxy, keep what opening a dashboard asks each time."""

    @app.after_request
    def after(response: Response) -> Response:
        if response.status_code == 200 and COLUMNS.fullmatch(request.path):
            response.headers["Cache-Control"] = f"private, max-age={SECONDS}"
        return response
