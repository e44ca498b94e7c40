"""What a browser keeps a while instead of asking again: how the datasets of a page name their columns and measures.

Each time a dashboard opens, Superset asks for it all at once for the tiles, then once per dataset for their menus, in
the way of the figures. It only changes with the tree, or when an analyst edits a dataset: whoever may is always
answered anew. It holds no row, and a page that may be opened shows it.
"""

import re

from flask import Flask, Response, request
from reader_queries import is_reader

MENUS = re.compile(r"/api/v1/dataset/\d+/drill_info/")
TILES = re.compile(r"/api/v1/dashboard/[\w-]+/datasets")
SECONDS = 600


def keep_in_browsers(app: Flask) -> None:
    """Let the browser of a reader, and no proxy, keep what opening a dashboard asks each time."""

    @app.after_request
    def after(response: Response) -> Response:
        kept = MENUS.fullmatch(request.path) or (TILES.fullmatch(request.path) and is_reader())
        if response.status_code == 200 and kept:
            response.headers["Cache-Control"] = f"private, max-age={SECONDS}"
        return response
