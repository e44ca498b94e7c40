"""Statements sent to SQL Lab: readers have no SQL Lab, analysts may only read what is published."""

from tests.security.attacks.attempt import EVERYONE, Attempt

EXECUTE = "/api/v1/sqllab/execute/"


def statement(name: str, sql: str) -> Attempt:
    """An attempt by SQL Lab; not even the administrator gets through."""
    body = {"database_id": "§base§", "sql": sql, "schema": "marts", "runAsync": False, "queryLimit": 10}
    return Attempt(name, "POST", EXECUTE, body, refused_to=EVERYONE)


FICHIERS = [
    statement("read_text", "select * from read_text('§secret§')"),
    statement("read_blob", "select content from read_blob('§secret§')"),
    statement("read_csv", "select * from read_csv('§secret§', header = false, columns = {'x': 'varchar'})"),
    statement("read_json", "select * from read_json('§secret§')"),
    statement("chemin entre apostrophes", "select * from '§secret§'"),
    statement("chemin entre guillemets", 'select * from "§secret§"'),
    statement("FROM d'abord", "from read_text('§secret§')"),
    statement("sous-requête", "select (select content from read_text('§secret§')) as x"),
    statement("CTE", "with x as (select * from read_text('§secret§')) select * from x"),
    statement("liste des dossiers", "select * from glob('/*')"),
    statement("reniflage", "select * from sniff_csv('§secret§')"),
    statement("fichier publié par son chemin", "select size from read_blob('§publie§')"),
    statement("métadonnées de Superset", "select content from read_blob('§metadonnees§')"),
    statement("requête dans une chaîne", "select * from query('select * from read_text(''§secret§'')')"),
]

ECRITURE = [
    statement("insert", "insert into marts.dim_collectivites (siren) values ('0')"),
    statement("update", "update marts.dim_collectivites set nom = 'x'"),
    statement("delete", "delete from marts.dim_collectivites"),
    statement("create table as", "create table marts.vol as select * from marts.dim_collectivites"),
    statement("create view", "create or replace view marts.dim_collectivites as select 1 as siren"),
    statement("drop", "drop table marts.fct_actes"),
    statement("alter", "alter table marts.fct_actes add column x integer"),
    statement("truncate", "truncate marts.fct_actes"),
    statement(
        "merge",
        "merge into marts.fct_actes a using marts.fct_actes b on a.acte_id = b.acte_id when matched then delete",
    ),
    statement("insert … returning", "insert into marts.dim_collectivites (siren) values ('0') returning siren"),
    statement("create macro", "create macro vol() as (select 1)"),
    statement("comment", "comment on table marts.fct_actes is 'x'"),
]

MOTEUR = [
    statement("pragma", "pragma database_list"),
    statement("set", "set memory_limit = '100GB'"),
    statement("reset", "reset lock_configuration"),
    statement("attach", "attach '§secret§' as autre"),
    statement("detach", "detach observatoire"),
    statement("copy to", "copy marts.dim_collectivites to '§sortie§'"),
    statement("export database", "export database '§sortie§'"),
    statement("install", "install httpfs"),
    statement("load", "load httpfs"),
    statement("explain", "explain select 1"),
    statement("explain analyze", "explain analyze select * from read_text('§secret§')"),
    statement("prepare", "prepare q as select size from read_blob('§publie§')"),
    statement("call", "call pragma_version()"),
    statement("checkpoint", "checkpoint"),
    statement("vacuum", "vacuum"),
    statement("use", "use memory"),
    statement("secret", "create secret s (type s3)"),
    statement("réglages", "select * from duckdb_settings()"),
    statement("réglage courant", "select current_setting('memory_limit') as x"),
    statement("bases ouvertes", "select * from duckdb_databases()"),
    statement("journaux", "select * from enable_logging()"),
    statement("environnement", "select getenv('HOME') as x"),
]

ECHAPPEMENT = [
    statement("deux instructions", "select 1; drop table marts.fct_actes"),
    statement("commentaire et point-virgule", "select 1 /* ; */ ; set threads = 64"),
    statement("prepare et execute", "prepare q as select 1; execute q"),
    statement("commentaire de tête", "/* select */ pragma version"),
    statement("casse mêlée", "sElEcT * fRoM rEaD_tExT('§secret§')"),
    statement("commentaire dans l'appel", "select * from read_text/**/('§secret§')"),
    statement("espace insécable", "select\u00a0* from\u00a0read_text('§secret§')"),
    statement("fonction qualifiée", "select * from main.read_text('§secret§')"),
    statement("fonction entre guillemets", "select * from \"read_text\"('§secret§')"),
    statement("chaîne dollar", "select * from read_text($$§secret§$$)"),
    statement("lateral", "select * from (select '§secret§' as f) t, lateral (select * from read_text(f)) u"),
    statement("union", "select nom from marts.dim_collectivites union all select content from read_text('§secret§')"),
    statement("sql sérialisé", "select * from json_execute_serialized_sql(json_serialize_sql('select 42'))"),
    statement("describe d'un fichier", "describe select * from read_csv('§secret§')"),
    statement("summarize d'un fichier", "summarize select * from read_text('§secret§')"),
    statement("table d'une requête", "select * from query_table('§secret§')"),
]


def _nested(function: str, times: int) -> str:
    before, after = function.split("·")
    return "select length(" + before * times + "'a'" + after * times + ") as x"


# Refused before they begin; those that have to be stopped are in test_runaway.py.
BOMBES = [
    statement("repeat", "select length(repeat('a', 2000000000)) as x"),
    statement("range scalaire", "select sum(x) as s from (select unnest(range(100000000)) as x)"),
    statement("lpad", "select length(lpad('a', 2000000000, 'b')) as x"),
    statement("rpad calculé", "select length(rpad('a', 10 * 200000000, 'b')) as x"),
    statement("list_resize", "select len(list_resize([1], 1000000000)) as x"),
    statement("format large", "select printf('%2000000000d', 1) as x"),
    statement("bitstring", "select bitstring('01', 2000000000) as x"),
    statement(
        "lambdas emboîtées",
        "select list_transform([1], x -> list_transform([1], y -> list_transform([1], z -> z))) as l",
    ),
    statement("replace emboîtés", _nested("replace(·, 'a', 'aaaaaaaaaa')", 9)),
    statement("regexp_replace emboîtés", _nested("regexp_replace(·, 'a', 'aaaaaaaaaa', 'g')", 9)),
    statement("list_reduce", "select length(list_reduce(['a', 'a', 'a'], lambda x, y: x || x || y)) as x"),
    statement("texte démesuré", "select '" + "a" * 70_000 + "' as x"),
    statement("attente", "select sleep_ms(20000) as x"),
    statement("série scalaire", "select len(generate_series(1, 1000000000)) as x"),
]
