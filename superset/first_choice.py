"""What a filter chooses by itself when a page opens, told with the page.

Superset has the browser ask for the options of such a filter, take the first, then only ask for the figures. Told at
once, as if it had been written into the page, the choice lets figures be asked for at once and drawn first. It is read
from what is published now, as its reader sees it. Only for readers: whoever edits a page would save it into the page.
"""

import json
from typing import Any

import questions
from flask import Flask, Response, request
from reader_queries import is_reader

# The description of one page; its neighbours, such as what the list of pages asks, have addresses of the same shape.
PAGE = "DashboardRestApi.get"


def _with_first_choice(native: dict[str, Any]) -> dict[str, Any]:
    """Return a filter with its first option as its default, and nothing left to wait for; as it is without options."""
    if native.get("cascadeParentIds") or not native["controlValues"].get("defaultToFirstItem"):
        return native
    chosen = questions.chosen_at_first(native, questions.options(native) or [])
    if chosen is None:
        return native
    values = chosen.condition["val"]
    state = {"value": values, "label": ", ".join(map(str, values))}
    mask = {"extraFormData": {"filters": [chosen.condition]}, "filterState": state, "ownState": {}}
    return {**native, "requiredFirst": False, "defaultDataMask": mask}


def _with_first_choices(json_metadata: str) -> str:
    metadata = json.loads(json_metadata)
    natives = metadata.get("native_filter_configuration", [])
    listing = questions.native_filters(json_metadata)
    metadata["native_filter_configuration"] = [_with_first_choice(n) if n in listing else n for n in natives]
    return json.dumps(metadata)


def tell_first_choices(app: Flask) -> None:
    """Complete the description of a page that a reader opens."""

    @app.after_request
    def after(response: Response) -> Response:
        if request.endpoint != PAGE or response.status_code != 200 or not is_reader():
            return response
        body = response.get_json()
        page = body["result"]
        if page.get("json_metadata"):
            page["json_metadata"] = _with_first_choices(page["json_metadata"])
            response.set_data(json.dumps(body))
        return response
