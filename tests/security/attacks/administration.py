"""What only the administrator does: exports of the installation, pages, accounts, roles, objects of others."""

from tests.security.attacks.attempt import READERS, Attempt

FORM = {"csrf_token": "§jeton§"}


def reading(name: str, path: str, refused_to: tuple[str, ...] | None = None) -> Attempt:
    """An attempt to read an address."""
    return Attempt(name, "GET", path, **({"refused_to": refused_to} if refused_to else {}))


EXPORTS = [
    reading("tout", "/api/v1/assets/export/"),
    reading("base", "/api/v1/database/export/?q=!(§base§)"),
    reading("jeu", "/api/v1/dataset/export/?q=!(§jeu§)"),
    reading("autre jeu", "/api/v1/dataset/export/?q=!(§autre_jeu§)"),
    reading("thème", "/api/v1/theme/export/?q=!(1)"),
    reading("graphique", "/api/v1/chart/export/?q=!(§autre_graphique§)", READERS),
    reading("tableau de bord", "/api/v1/dashboard/export/?q=!(§tableau§)", READERS),
    reading("tableau de bord en exemple", "/api/v1/dashboard/§tableau§/export_as_example/", READERS),
    reading("requêtes enregistrées", "/api/v1/saved_query/export/?q=!(1)"),
    reading("résultat d'une requête", "/api/v1/sqllab/export/0123456789/"),
    Attempt(
        "résultat par morceaux", "POST", "/api/v1/sqllab/export_streaming/", form={"client_id": "0123456789", **FORM}
    ),
    reading("données d'un autre graphique", "/api/v1/chart/999999/data/?format=csv"),
    reading("image d'un graphique", "/api/v1/chart/§autre_graphique§/screenshot/0123/"),
    reading("vignette d'un tableau", "/api/v1/dashboard/§tableau§/thumbnail/0123/"),
]

URLS = [
    reading("journal des actions", "/actionlog/list"),
    reading("journal par l'API", "/api/v1/log/"),
    reading("comptes", "/users/list/"),
    reading("comptes, nouvelle page", "/users/"),
    reading("comptes par l'API", "/api/v1/security/users/"),
    reading("un compte", "/api/v1/security/users/§compte_administrateur§"),
    reading("rôles", "/roles/list/"),
    reading("rôles, nouvelle page", "/roles/"),
    reading("rôles par l'API", "/api/v1/security/roles/"),
    reading("groupes", "/list_groups/"),
    reading("groupes par l'API", "/api/v1/security/groups/"),
    reading("droits par l'API", "/api/v1/security/permissions-resources/"),
    reading("inscriptions", "/registrations/"),
    reading("règles de lignes", "/rowlevelsecurity/list/"),
    reading("règles par l'API", "/api/v1/rowlevelsecurity/"),
    reading("rapports", "/report/list/"),
    reading("alertes", "/alert/list/"),
    reading("annotations", "/annotationlayer/list/"),
    reading("annotations par l'API", "/api/v1/annotation_layer/"),
    reading("feuilles de style", "/csstemplatemodelview/list/", READERS),
    reading("bases", "/databaseview/list/", READERS),
    reading("connexion d'une base", "/api/v1/database/§base§/connection"),
    reading("jeux", "/tablemodelview/list/", READERS),
    reading("exploration", "/explore/?datasource_type=table&datasource_id=§jeu§", READERS),
    reading("SQL Lab", "/sqllab/", READERS),
    reading("historique de SQL Lab", "/sqllab/history/", READERS),
    reading("extensions", "/extensions/list/"),
    reading("tâches", "/tasks/list/"),
    reading("greffons", "/dynamic-plugins/list/"),
    reading("comptes par le choix d'un propriétaire", "/api/v1/chart/related/owners", READERS),
    reading("mot de passe d'un autre", "/resetpassword/form?pk=§compte_administrateur§"),
    reading("formulaire d'inscription", "/register/"),
    reading("documentation de l'API", "/swagger/v1"),
]

ACCOUNT = {
    "first_name": "Intrus",
    "last_name": "Intrus",
    "username": "intrus",
    "email": "intrus@exemple.invalid",
    "active": True,
    "password": "Intrus-2026",
    "roles": ["§role_administrateur§"],
}
RULE = {"name": "toutes", "filter_type": "Base", "clause": "1 = 1", "tables": ["§jeu§"], "roles": []}
ESCALADE = [
    Attempt("créer un compte", "POST", "/api/v1/security/users/", ACCOUNT),
    Attempt("se donner un rôle", "PUT", "/api/v1/security/users/§compte§", {"roles": ["§role_administrateur§"]}),
    Attempt(
        "mot de passe de l'administrateur", "PUT", "/api/v1/security/users/§compte_administrateur§", {"password": "x"}
    ),
    Attempt(
        "mot de passe d'un autre par le formulaire",
        "POST",
        "/resetpassword/form?pk=§compte_administrateur§",
        form={"password": "Intrus-2026", "conf_password": "Intrus-2026", **FORM},
    ),
    Attempt("retirer l'administrateur", "DELETE", "/api/v1/security/users/§compte_administrateur§"),
    Attempt("créer un rôle", "POST", "/api/v1/security/roles/", {"name": "Intrus"}),
    Attempt(
        "élargir son rôle", "POST", "/api/v1/security/roles/§role§/permissions", {"permission_view_menu_ids": [1, 2]}
    ),
    Attempt(
        "entrer dans un rôle", "PUT", "/api/v1/security/roles/§role_administrateur§/users", {"user_ids": ["§compte§"]}
    ),
    Attempt(
        "créer un groupe",
        "POST",
        "/api/v1/security/groups/",
        {"name": "intrus", "label": "intrus", "description": "", "roles": ["§role_administrateur§"], "users": []},
    ),
    Attempt("rôles dans son profil", "PUT", "/api/v1/me/", {"roles": ["§role_administrateur§"]}),
    Attempt(
        "jeton d'invité",
        "POST",
        "/api/v1/security/guest_token/",
        {"user": {"username": "x"}, "resources": [{"type": "dashboard", "id": "§tableau§"}], "rls": []},
    ),
    Attempt("ouvrir une règle de lignes", "POST", "/api/v1/rowlevelsecurity/", RULE),
    Attempt("retirer une règle de lignes", "DELETE", "/api/v1/rowlevelsecurity/1"),
    Attempt(
        "brancher une base",
        "POST",
        "/api/v1/database/",
        {"database_name": "x", "sqlalchemy_uri": "sqlite:///§metadonnees§"},
    ),
    Attempt(
        "essayer une base", "POST", "/api/v1/database/test_connection/", {"sqlalchemy_uri": "sqlite:///§metadonnees§"}
    ),
    Attempt("permettre l'écriture", "PUT", "/api/v1/database/§base§", {"allow_dml": True}),
    Attempt("retirer la base", "DELETE", "/api/v1/database/§base§"),
    Attempt(
        "créer un jeu en SQL",
        "POST",
        "/api/v1/dataset/",
        {"database": "§base§", "schema": "marts", "table_name": "x", "sql": "select * from read_text('§secret§')"},
    ),
    Attempt("changer un jeu", "PUT", "/api/v1/dataset/§jeu§", {"sql": "select 1 as siren"}),
    Attempt("retirer un jeu", "DELETE", "/api/v1/dataset/§jeu§"),
    Attempt("changer un graphique", "PUT", "/api/v1/chart/§autre_graphique§", {"slice_name": "x"}),
    Attempt("retirer un graphique", "DELETE", "/api/v1/chart/§autre_graphique§"),
    Attempt("changer un tableau de bord", "PUT", "/api/v1/dashboard/§tableau§", {"css": "body{display:none}"}),
    Attempt("retirer un tableau de bord", "DELETE", "/api/v1/dashboard/§tableau§"),
    Attempt("incorporer un tableau ailleurs", "POST", "/api/v1/dashboard/§tableau§/embedded", {"allowed_domains": []}),
    Attempt(
        "créer un graphique",
        "POST",
        "/api/v1/chart/",
        {"slice_name": "x", "datasource_id": "§autre_jeu§", "datasource_type": "table", "viz_type": "table"},
        refused_to=READERS,
    ),
    Attempt("créer un tableau de bord", "POST", "/api/v1/dashboard/", {"dashboard_title": "x"}, refused_to=READERS),
    Attempt("créer une feuille de style", "POST", "/api/v1/css_template/", {"template_name": "x", "css": "*{}"}),
    Attempt("créer un thème", "POST", "/api/v1/theme/", {"theme_name": "x", "json_data": "{}"}),
    Attempt("vider le cache", "POST", "/api/v1/cachekey/invalidate", {"datasource_uids": ["§jeu§__table"]}),
    Attempt("importer un jeu", "POST", "/api/v1/dataset/import/", form={"overwrite": "true", **FORM}),
    Attempt("importer tout", "POST", "/api/v1/assets/import/", form={**FORM}),
    Attempt("écrire au journal des autres", "POST", "/api/v1/log/", {"action": "x"}),
]

PROFILE = {"first_name": "Intrus"}
STATE = {"value": "{}"}
FILTERS = "/api/v1/dashboard/§tableau§/filter_state"
SESSION = [
    Attempt("sans jeton", "POST", FILTERS, STATE, token=None),
    Attempt("jeton vide", "POST", FILTERS, STATE, token=""),
    Attempt("jeton inventé", "POST", FILTERS, STATE, token="x" * 60),
    Attempt("jeton d'une autre session", "POST", FILTERS, STATE, token="§jeton_d_un_autre§"),
    Attempt("jeton signé d'une autre clé", "POST", FILTERS, STATE, token="ImFiYyI.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"),
    Attempt("autre méthode sous POST", "POST", FILTERS, STATE, token=None, headers={"X-HTTP-Method-Override": "PUT"}),
    Attempt("jeton dans l'adresse", "POST", FILTERS + "?csrf_token=§jeton_d_un_autre§", STATE, token=None),
    Attempt(
        "formulaire d'un autre site",
        "POST",
        "/resetmypassword/form",
        token=None,
        form={"password": "Intrus-2026", "conf_password": "Intrus-2026"},
        headers={"Origin": "https://evil.example"},
    ),
    Attempt(
        "texte d'un autre site",
        "POST",
        FILTERS,
        STATE,
        token=None,
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    ),
    Attempt("profil sans jeton", "PUT", "/api/v1/me/", PROFILE, token=None),
    Attempt("session inventée", "GET", "/api/v1/me/", headers={"Cookie": "session=eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbb"}),
    Attempt("session non signée", "GET", "/api/v1/me/", headers={"Cookie": "session=eyJfdXNlcl9pZCI6IjEifQ"}),
    Attempt(
        "porteur inventé",
        "GET",
        "/api/v1/security/users/",
        headers={"Cookie": "", "Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOjF9."},
    ),
    Attempt(
        "identité dans un en-tête", "GET", "/api/v1/me/", headers={"Cookie": "", "X-Forwarded-User": "administrateur"}
    ),
]
