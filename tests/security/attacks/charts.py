"""The charts' data API: SQL of one's own, rows and charts that are not shown to the person."""

from typing import Any

from tests.security.attacks.attempt import NOT_ADMINISTRATORS, READERS, Attempt

DATA = "/api/v1/chart/data"


def question(name: str, query: dict[str, Any], refused_to: tuple[str, ...] = READERS, **more: Any) -> Attempt:
    """An attempt by the API of the charts, on a chart that the person may open."""
    body = {
        "datasource": {"id": "§jeu§", "type": "table"},
        "queries": [{"metrics": ["§mesure§"], "columns": [], "row_limit": 5, **query}],
        "form_data": {"dashboardId": "§tableau§", "slice_id": "§graphique§"},
        "result_type": "full",
        "result_format": "json",
        "force": True,
        **more,
    }
    return Attempt(name, "POST", DATA, body, refused_to=refused_to)


def sql(expression: str) -> dict[str, str]:
    """A measure or a dimension written in SQL."""
    return {"expressionType": "SQL", "sqlExpression": expression, "label": "x"}


ALL = NOT_ADMINISTRATORS
SQL_LIBRE = [
    question("mesure", {"metrics": [sql("max('fuite')")]}),
    question("dimension", {"columns": [sql("'fuite'")]}),
    question("condition", {"extras": {"where": "1 = 1"}}),
    question("condition d'agrégat", {"extras": {"having": "count(*) > 0"}}),
    question("tri", {"orderby": [[sql("random()"), True]]}),
    question("filtre", {"filters": [{"col": sql("1"), "op": "==", "val": 1}]}),
    question("texte de la requête", {}, result_type="query"),
    question("erreur qui parle d'une ligne", {"metrics": [sql("max(cast(§colonne§ || 'x' as integer))")]}, ALL),
    question("sous-requête", {"metrics": [sql("(select count(*) from marts.fct_actes)")]}, ALL),
    question("fichier", {"metrics": [sql("(select max(content) from read_text('§secret§'))")]}, ALL),
    question("dimension, fichier", {"columns": [sql("(select content from read_text('§secret§'))")]}, ALL),
    question("environnement", {"metrics": [sql("max(getenv('HOME'))")]}, ALL),
    question("bombe", {"metrics": [sql("max(length(repeat('a', 2000000000)))")]}, ALL),
    question("parenthèse fermée", {"extras": {"where": "1 = 1) or (1 = 1"}}, ALL),
    question("deux instructions", {"extras": {"where": "1 = 1; drop table marts.fct_actes"}}, ALL),
    question("union", {"extras": {"where": "1 = 1 union select content from read_text('§secret§')"}}, ALL),
    question("commentaire", {"metrics": [sql("count(*) from marts.fct_actes --")]}, ALL),
    question("gabarit", {"extras": {"where": "{{ cycler.__init__.__globals__ }}"}}, ALL),
    question("grain de temps", {"extras": {"time_grain_sqla": "P1D') from read_text('§secret§') --"}}, ALL),
    question("colonne inconnue", {"columns": ["getenv('HOME')"]}, ALL),
    question("traitement inconnu", {"post_processing": [{"operation": "__import__", "options": {}}]}, ALL),
    question(
        "autre graphique en annotation",
        {
            "annotation_layers": [
                {
                    "name": "a",
                    "annotationType": "TIME_SERIES",
                    "sourceType": "line",
                    "value": "§autre_graphique§",
                    "style": "solid",
                    "show": True,
                    "showLabel": False,
                },
            ]
        },
        ALL,
    ),
]

OTHER = {"id": "§autre_jeu§", "type": "table"}
SAMPLES = "/datasource/samples?datasource_type=table&datasource_id=§autre_jeu§"
AUTRES_JEUX = [
    question("autre jeu sous ce graphique", {"metrics": ["nb_lignes"]}, datasource=OTHER),
    question("autre jeu sans page", {"metrics": ["nb_lignes"]}, datasource=OTHER, form_data={}),
    question("ce jeu sans page", {}, form_data={}),
    question("ce jeu sous un autre graphique", {}, form_data={"dashboardId": "§tableau§", "slice_id": 0}),
    question("ce jeu sous une page inconnue", {}, form_data={"dashboardId": 0, "slice_id": "§graphique§"}),
    question(
        "autre jeu en filtre",
        {"metrics": ["nb_lignes"]},
        datasource=OTHER,
        form_data={"dashboardId": "§tableau§", "type": "NATIVE_FILTER", "native_filter_id": "NATIVE_FILTER-1"},
    ),
    question("toutes les lignes d'un autre jeu", {"metrics": []}, datasource=OTHER, result_type="samples"),
    question("détail d'un autre jeu", {"metrics": []}, datasource=OTHER, result_type="drill_detail"),
    question("requête d'un autre", {}, ALL, datasource={"id": 999_999, "type": "query"}),
    question("requête enregistrée d'un autre", {}, ALL, datasource={"id": 999_999, "type": "saved_query"}),
    question("sorte inconnue", {}, ALL, datasource={"id": "§jeu§", "type": "fichier"}),
    question("jeu inconnu", {}, ALL, datasource={"id": 999_999, "type": "table"}),
    Attempt("lignes d'un autre jeu", "POST", SAMPLES, {}, refused_to=READERS),
    Attempt("lignes par cette page", "POST", f"{SAMPLES}&dashboard_id=§tableau§", {}, refused_to=READERS),
    Attempt("lignes d'un jeu inconnu", "POST", "/datasource/samples?datasource_type=table&datasource_id=999999", {}),
    Attempt("lignes d'une requête", "POST", "/datasource/samples?datasource_type=query&datasource_id=999999", {}),
    Attempt(
        "valeurs d'une colonne", "GET", "/api/v1/datasource/table/§autre_jeu§/column/siren/values/", refused_to=READERS
    ),
    Attempt("valeurs d'un jeu inconnu", "GET", "/api/v1/datasource/table/999999/column/siren/values/"),
    Attempt("description d'un jeu", "GET", "/api/v1/dataset/§autre_jeu§", refused_to=READERS),
    Attempt("colonnes à la source", "GET", "/datasource/external_metadata/table/§autre_jeu§/", refused_to=READERS),
    Attempt(
        "champs d'exploration",
        "GET",
        "/api/v1/explore/?datasource_type=table&datasource_id=§autre_jeu§",
        refused_to=READERS,
    ),
    Attempt(
        "données à l'ancienne",
        "POST",
        "/superset/explore_json/table/§autre_jeu§/",
        form={"form_data": "{}"},
        refused_to=READERS,
    ),
    Attempt("schémas", "GET", "/api/v1/database/§base§/schemas/", refused_to=READERS),
    Attempt("tables", "GET", "/api/v1/database/§base§/tables/?q=(schema_name:marts)", refused_to=READERS),
]
