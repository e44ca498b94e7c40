"""Compute, after a publication, what the dashboards will be asked: `python superset/warm.py`.

The served workers find the answers in the cache that they share with this process, filed under the version that is
published now. Readers of dashboards and analysts share their answers; whoever sees the rows of a collectivité only has
his own, computed when he asks. A question already answered for this version costs nothing.
"""

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import questions
import sync
from flask import current_app

HERE = Path(__file__).resolve().parent


def placed(position_json: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each chart of a dashboard with the tiles around it."""
    for tile in json.loads(position_json or "{}").values():
        if isinstance(tile, dict) and tile.get("type") == "CHART":
            yield tile["meta"]["chartId"], tile.get("parents", [])


def _fill_one(dashboard: Any) -> Counter[str]:
    """Answer the filters of a dashboard, then its charts under what those choose when it opens."""
    done: Counter[str] = Counter()
    chosen = []
    for native in questions.native_filters(dashboard.json_metadata):
        options = questions.options(native)
        done["questions"] += 1
        done["en erreur"] += options is None
        if found := questions.chosen_at_first(native, options or []):
            chosen.append(found)
    charts = {chart.id: chart for chart in dashboard.slices}
    for chart_id, parents in placed(dashboard.position_json):
        chart = charts.get(chart_id)
        if chart is None:
            continue
        conditions = [c.condition for c in chosen if c.moves(chart_id, parents)]
        asked = questions.of_chart({**json.loads(chart.params), "viz_type": chart.viz_type}, conditions)
        if asked is None:
            done["inconnues"] += 1
            continue
        answers = questions.ask(chart.datasource_id, asked)
        done["questions"] += len(answers)
        done["en erreur"] += sum(bool(answer.get("error")) for answer in answers)
    return done


def fill(login: str = "administrateur") -> Counter[str]:
    """Answer what each of our dashboards asks when it opens; number of `questions`, of those `en erreur`, and of
    charts of kinds `inconnues` of questions.py. Needs an application context; without a publication, does nothing.
    """
    from superset.models.dashboard import Dashboard
    from superset.utils.core import override_user

    from superset import db, security_manager

    done: Counter[str] = Counter()
    if not Path(current_app.config["PUBLISHED_FILE"]).exists():
        return done
    ours = [dashboard["slug"] for dashboard in sync.load_folder("dashboards").values()]
    with override_user(security_manager.find_user(login)):
        for dashboard in db.session.query(Dashboard).filter(Dashboard.slug.in_(ours)).order_by(Dashboard.slug):
            done += _fill_one(dashboard)
    return done


def main() -> int:
    """Fill the cache of the home; 1 when a question could not be answered."""
    os.environ["SUPERSET_CONFIG_PATH"] = str(HERE / "superset_config.py")
    logging.disable(logging.WARNING)
    from superset.app import create_app

    with create_app().app_context():
        done = fill()
    print(said(done))
    return int(bool(done["en erreur"]))


def said(done: Counter[str]) -> str:
    """Say in French what was answered."""
    wrong = f", {done['en erreur']} en erreur" if done["en erreur"] else ""
    return f"superset · {done['questions']} réponses prêtes pour les tableaux de bord{wrong}"


if __name__ == "__main__":
    sys.exit(main())
