"""No telemetry: the page that Superset sends holds no address of its publisher's tracking pixel.

The content security policy would stop the request, and leave an error in the console of every visitor. The pixel is
compiled into one script of the wheel, with no setting to turn it off; it is served with an empty
image instead.

Nor is anything noted of someone who has not signed in. The sign-in page sends its events to Superset's log, which
refuses them with a new anonymous session: when that answer arrives after the one to the password, it takes the place
of the session just opened and the visitor is back at the form (seen 5 times in 114 sign-ins of a browser).
"""

from functools import cache
from pathlib import Path

from flask import Flask, Response, request
from flask_login import current_user

PIXEL = b"https://apachesuperset.gateway.scarf.sh/pixel/"
EMPTY_IMAGE = b"data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==#"
SCRIPTS = "/static/assets/"
EVENTS = "/superset/log/"


@cache
def script_without_pixel(path: Path) -> bytes | None:
    """Return the script with the pixel's address replaced, or None when it holds none."""
    if not path.is_file():
        return None
    script = path.read_bytes()
    return script.replace(PIXEL, EMPTY_IMAGE) if PIXEL in script else None


def keep_visitors_private(app: Flask) -> None:
    """Serve the script that holds the pixel without it, and take no event from a visitor who is not signed in."""
    folder = Path(app.static_folder or "") / "assets"

    @app.before_request
    def before() -> Response | None:
        if request.path == EVENTS and not current_user.is_authenticated:
            return Response(status=204)
        if not (request.path.startswith(SCRIPTS) and request.path.endswith(".js")):
            return None
        script = script_without_pixel(folder / Path(request.path).name)
        if script is None:
            return None
        headers = {"Cache-Control": "public, max-age=31536000"}
        return Response(script, mimetype="text/javascript", headers=headers)
