"""Who may do what, and who sees which rows: the four roles, in code.

Permissions are lists of (permission, view) as Superset names them, and nothing else is ever given. A dashboard brings
its own data to its readers (DASHBOARD_RBAC): no reader has access to a dataset as such.

Rows of a collectivité are for the roles that see the whole territory; anyone else (the role Collectivité, and whoever
has no role) only gets those of the SIREN of habilitations.csv. A rule's clause holds `{siren}`, in whose place
security.py writes the person's SIREN before Superset computes its cache key; without that replacement the clause is
no SQL and nothing is read. Rules come from the datasets: a new one that carries `siren` is covered by itself.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent / "assets"

ADMINISTRATEUR, ANALYSTE, COMITE, COLLECTIVITE = "Administrateur", "Analyste", "Comité", "Collectivité"
ALL = (ADMINISTRATEUR, ANALYSTE, COMITE, COLLECTIVITE)
# Those who see every collectivité; a rule restricts everyone else.
WHOLE_TERRITORY = (ADMINISTRATEUR, ANALYSTE, COMITE)

ACCOUNTS = {
    "administrateur": ADMINISTRATEUR,
    "analyste": ANALYSTE,
    "comite": COMITE,
    "mairie": COLLECTIVITE,
    "epci": COLLECTIVITE,
}
# What the two demonstration accounts see: Landerneau; Morlaix Communauté and its town, whose services are shared.
DEMONSTRATION = {"mairie": ("212901037",), "epci": ("242900835", "212901516")}

# The dashboards that say something true to someone who only sees their own rows: their own page and its proofs, and
# those made of aggregates. The others add collectivités up row by row, and would show the part for the whole.
DASHBOARDS_OF_A_COLLECTIVITE = ("ma-collectivite", "preuves", "enquetes", "simulateur")

# All that a reader of dashboards may do: open them, filter, drill down to the rows of a tile, export it.
READER = (
    ("can_read", "Dashboard"),
    ("can_read", "Chart"),
    ("can_read", "CurrentUserRestApi"),
    ("can_read", "SecurityRestApi"),
    ("can_read", "DashboardFilterStateRestApi"),
    ("can_write", "DashboardFilterStateRestApi"),
    ("can_read", "DashboardPermalinkRestApi"),
    ("can_read", "Theme"),
    ("can_dashboard", "Superset"),
    ("can_log", "Superset"),
    ("can_language_pack", "Superset"),
    ("can_time_range", "Api"),
    ("menu_access", "Dashboards"),
    ("can_drill", "Dashboard"),
    ("can_view_chart_as_table", "Dashboard"),
    ("can_get_drill_info", "Dataset"),
    ("can_samples", "Datasource"),
    ("can_csv", "Superset"),
    ("can_userinfo", "UserDBModelView"),
    ("can_this_form_get", "ResetMyPasswordView"),
    ("can_this_form_post", "ResetMyPasswordView"),
    ("resetmypassword", "UserDBModelView"),
)

# What an analyst may do besides: look at every dataset, make charts and dashboards of their own, query in SQL Lab.
ANALYST = (
    *READER,
    ("can_read", "Dataset"),
    ("can_read", "Database"),
    ("can_get", "Datasource"),
    ("can_get_column_values", "Datasource"),
    ("can_external_metadata", "Datasource"),
    ("can_write", "Chart"),
    ("can_export", "Chart"),
    ("can_write", "Dashboard"),
    ("can_export", "Dashboard"),
    ("can_view_query", "Dashboard"),
    ("can_write", "DashboardPermalinkRestApi"),
    ("can_read", "Explore"),
    ("can_read", "ExploreFormDataRestApi"),
    ("can_write", "ExploreFormDataRestApi"),
    ("can_read", "ExplorePermalinkRestApi"),
    ("can_write", "ExplorePermalinkRestApi"),
    ("can_query", "Api"),
    ("can_query_form_data", "Api"),
    ("can_read", "AdvancedDataType"),
    ("can_read", "CssTemplate"),
    ("can_read", "Tag"),
    ("can_recent_activity", "Log"),
    ("can_explore", "Superset"),
    ("can_explore_json", "Superset"),
    ("can_fetch_datasource_metadata", "Superset"),
    ("can_slice", "Superset"),
    ("can_dashboard_permalink", "Superset"),
    ("can_share_chart", "Superset"),
    ("can_share_dashboard", "Superset"),
    ("can_sqllab", "Superset"),
    ("can_sqllab_history", "Superset"),
    ("can_read", "SQLLab"),
    ("can_execute_sql_query", "SQLLab"),
    ("can_format_sql", "SQLLab"),
    ("can_get_results", "SQLLab"),
    ("can_export_csv", "SQLLab"),
    ("can_read", "Query"),
    ("can_read", "SavedQuery"),
    ("can_write", "SavedQuery"),
    ("can_export", "SavedQuery"),
    ("can_list", "SavedQuery"),
    ("can_read", "SqlLabPermalinkRestApi"),
    ("can_write", "SqlLabPermalinkRestApi"),
    ("can_activate", "TabStateView"),
    ("can_delete", "TabStateView"),
    ("can_delete_query", "TabStateView"),
    ("can_get", "TabStateView"),
    ("can_migrate_query", "TabStateView"),
    ("can_post", "TabStateView"),
    ("can_put", "TabStateView"),
    ("can_delete", "TableSchemaView"),
    ("can_expanded", "TableSchemaView"),
    ("can_post", "TableSchemaView"),
    ("menu_access", "Home"),
    ("menu_access", "Charts"),
    ("menu_access", "Data"),
    ("menu_access", "Datasets"),
    ("menu_access", "SQL Editor"),
    ("menu_access", "SQL Lab"),
    ("menu_access", "Saved Queries"),
    ("menu_access", "Query Search"),
)

RULES = "Habilitations :"
OWN_ROWS = "siren in ({siren})"
OWN_ROWS_AND_AGGREGATES = "siren is null or siren in ({siren})"
# An aggregate is shown from five collectivités on; a row of a perimetre that is one collectivité is its own.
OWN_AND_LARGE_PERIMETRES = (
    "case when perimetre_type = 'collectivite' then perimetre_code in ({siren}) else nb_collectivites >= 5 end"
)
OWN_AND_TERRITORY = "perimetre_type = 'territoire' or perimetre_type = 'collectivite' and perimetre_code in ({siren})"

# Without a line here a row whose siren is NULL is hidden: a line or a file that no collectivité could be found for is
# still somebody's (ind_preuves, ind_qualite_*, fct_*). Here NULL means the whole territory, or a group of it.
AGGREGATES = {
    "ind_couts_fixes": "coûts d’une classe de collectivités, de personne en particulier",
    "ind_couts_unitaires": "barème : des coûts de référence, de personne en particulier",
    "ind_economies": "total du territoire",
    "ind_economies_annees": "total du territoire, année par année",
    "ind_enquete_modalites": "répondants d’un groupe, tu sous cinq (statut supprime)",
    "ind_enquete_reponses": "répondants d’une strate, sans leur réponse",
    "ind_enquete_services": "répondants d’une campagne",
    "ind_enquetes_synthese": "répondants d’une campagne",
    "ind_estimations_erreurs": "erreur mesurée sur tout le territoire",
    "ind_mutualisation": "contribution type par classe d’achat",
    "ind_parametres_compatibles": "hypothèses",
    "ind_qualite_sources": "une source, tout le territoire",
    "ind_simulateur": "total du territoire sous chaque levier",
    "ind_taux_economies": "total du territoire",
    "ind_tirages_compatibles": "hypothèses",
    "ind_tornade": "hypothèses",
}
# Aggregates that may rest on fewer than five collectivités say on how many.
COUNTED_AGGREGATES = {
    "ind_valeurs": OWN_AND_LARGE_PERIMETRES,
    "ind_panels_mois": "nb_collectivites >= 5",
}


def clause_of(dataset: dict[str, Any]) -> str | None:
    """Return the condition on the rows of a dataset for whoever does not see the whole territory; None when none."""
    name = dataset["table_name"]
    columns = {column["column_name"] for column in dataset["columns"]}
    if name in COUNTED_AGGREGATES:
        return COUNTED_AGGREGATES[name]
    if "siren" in columns:
        return OWN_ROWS_AND_AGGREGATES if name in AGGREGATES else OWN_ROWS
    return OWN_AND_TERRITORY if "perimetre_code" in columns else None


def clauses(datasets: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the condition of each dataset that has one, by table."""
    found = {dataset["table_name"]: clause_of(dataset) for dataset in datasets}
    return {name: clause for name, clause in found.items() if clause}


def _load(folder: str) -> list[dict[str, Any]]:
    import yaml

    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted((ASSETS / folder).rglob("*.yaml"))]


def add_roles() -> None:
    """Create the four roles, so that accounts can be given one before anything is loaded."""
    from superset import security_manager

    for name in ALL:
        security_manager.add_role(name)


def set_administrator() -> None:
    """Give our administrator everything that Superset's own has; assets are loaded under that account."""
    from superset import db, security_manager

    administrator = security_manager.find_role(ADMINISTRATEUR)
    administrator.permissions = list(security_manager.find_role("Admin").permissions)
    db.session.commit()


def _permissions(names: Iterable[tuple[str, str]]) -> list[Any]:
    """Return the permissions of a list; one that this Superset does not have is a mistake of the list."""
    from superset import security_manager

    found = {pair: security_manager.find_permission_view_menu(*pair) for pair in names}
    missing = [pair for pair, permission in found.items() if permission is None]
    if missing:
        raise LookupError(f"permissions unknown to Superset: {missing}")
    return list(found.values())


def set_roles() -> None:
    """Give each role its permissions and nothing else; nobody has any without signing in."""
    from superset.models.core import Database

    from superset import db, security_manager

    database = security_manager.add_permission_view_menu("database_access", db.session.query(Database).one().perm)
    wanted = {
        ANALYSTE: [*_permissions(ANALYST), database],
        COMITE: _permissions(READER),
        COLLECTIVITE: _permissions(READER),
        security_manager.auth_role_public: [],
    }
    for name, permissions in wanted.items():
        security_manager.find_role(name).permissions = permissions
    db.session.commit()


def set_row_rules() -> None:
    """Write one row-level rule per condition, on all the datasets that call for it; rules that people made stay.

    A rule of type Base restricts everyone but the roles it names.
    """
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
    from superset.utils.core import RowLevelSecurityFilterType

    from superset import db, security_manager

    exempt = [security_manager.find_role(name) for name in ("Admin", *WHOLE_TERRITORY)]
    tables: dict[str, list[Any]] = {}
    for name, clause in clauses(_load("datasets")).items():
        tables.setdefault(clause, []).extend(db.session.query(SqlaTable).filter_by(table_name=name, schema="marts"))
    ours = RowLevelSecurityFilter.name.startswith(RULES)
    known = {rule.clause: rule for rule in db.session.query(RowLevelSecurityFilter).filter(ours)}
    for clause in known.keys() - tables.keys():
        db.session.delete(known[clause])
    for clause, restricted in tables.items():
        rule = known.get(clause) or RowLevelSecurityFilter(clause=clause, name=f"{RULES} {clause}")
        rule.filter_type, rule.roles, rule.tables = RowLevelSecurityFilterType.BASE, exempt, restricted
        db.session.add(rule)
    db.session.commit()


def dashboard_slugs() -> list[str]:
    """Return the slugs of the dashboards of the tree."""
    return [dashboard["slug"] for dashboard in _load("dashboards")]


def readers(slug: str) -> tuple[str, ...]:
    """Return the roles that may open a dashboard."""
    return (*WHOLE_TERRITORY, COLLECTIVITE) if slug in DASHBOARDS_OF_A_COLLECTIVITE else WHOLE_TERRITORY


def open_dashboards() -> None:
    """Publish our dashboards to the roles that read them."""
    from superset.models.dashboard import Dashboard

    from superset import db, security_manager

    for dashboard in db.session.query(Dashboard).filter(Dashboard.slug.in_(dashboard_slugs())):
        dashboard.roles = [security_manager.find_role(name) for name in readers(dashboard.slug)]
        dashboard.published = True
    db.session.commit()
