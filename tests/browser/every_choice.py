"""What the tiles of every dashboard answer under each filter's choices: `every_choice.py N`, in Superset's runtime.

Chooses N options of each filter alone, spread over its list, ends included, beside what the page chooses by itself;
prints one JSON object: how many answers each dashboard gave, and the errors (dashboard, filter, option, tile, error).
"""

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUPERSET = Path(__file__).parents[2] / "superset"
os.environ["SUPERSET_CONFIG_PATH"] = str(SUPERSET / "superset_config.py")
sys.path.insert(0, str(SUPERSET))

import questions  # noqa: E402
import sync  # noqa: E402
import warm  # noqa: E402


def _spread(options: list[Any], count: int) -> list[Any]:
    last = len(options) - 1
    return [options[rank] for rank in sorted({round(k * last / (count - 1)) for k in range(count)})] if options else []


def _choices(natives: list[dict[str, Any]], count: int) -> Iterator[tuple[str, Any, list[questions.Chosen]]]:
    """Yield a filter's name, one of its options, and all that is chosen then."""
    options = {native["id"]: questions.options(native) for native in natives}
    assert None not in options.values(), options
    at_first = {native["id"]: questions.chosen_at_first(native, options[native["id"]]) for native in natives}
    for native in natives:
        for option in _spread(options[native["id"]], count):
            one = {**native, "controlValues": {**native["controlValues"], "defaultToFirstItem": True}}
            chosen = at_first | {native["id"]: questions.chosen_at_first(one, [option])}
            yield native["name"], option, [choice for choice in chosen.values() if choice]


def _answers(dashboard: Any, chosen: list[questions.Chosen]) -> Iterator[tuple[str, str | None]]:
    """Yield each tile whose questions are known, with the error of each of its answers."""
    charts = {chart.id: chart for chart in dashboard.slices}
    for chart_id, parents in warm.placed(dashboard.position_json):
        chart = charts[chart_id]
        conditions = [choice.condition for choice in chosen if choice.moves(chart_id, parents)]
        asked = questions.of_chart({**json.loads(chart.params), "viz_type": chart.viz_type}, conditions)
        for answer in questions.ask(chart.datasource_id, asked) if asked else []:
            yield chart.slice_name, answer.get("error")


def main(count: int) -> None:
    logging.disable(logging.WARNING)
    from superset.app import create_app

    answered: Counter[str] = Counter()
    errors = []
    with create_app().app_context():
        from superset.models.dashboard import Dashboard
        from superset.utils.core import override_user

        from superset import db, security_manager

        ours = [dashboard["slug"] for dashboard in sync.load_folder("dashboards").values()]
        with override_user(security_manager.find_user("administrateur")):
            for dashboard in db.session.query(Dashboard).filter(Dashboard.slug.in_(ours)):
                for name, option, chosen in _choices(questions.native_filters(dashboard.json_metadata), count):
                    for tile, error in _answers(dashboard, chosen):
                        answered[dashboard.slug] += 1
                        errors += [[dashboard.slug, name, option, tile, error]] if error else []
    print(json.dumps({"reponses": answered, "erreurs": errors}, ensure_ascii=False))


if __name__ == "__main__":
    main(int(sys.argv[1]))
