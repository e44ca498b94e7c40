"""One home from its first empty night on: what each deposit changes, and what it must not.

The steps follow each other in one home, because that is how an operator lives them; each asserts what it adds.
Files are written here by hand, a few lines each, so that every expected figure can be counted on fingers.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.night import run_job

# Rennes and Acigné are communes of Rennes Métropole.
RENNES, ACIGNE, METROPOLE = "213502388", "213500010", "243500139"
DAY = "2026-10-20"
EXTRACT_HEADER = (
    "acte_id,authority_siren,type,nature_code,number,decision_date,submission_date,date_ar,last_status_id,"
    "classification,nb_fichiers,taille,document_papier,unique_id"
)
RETURN_HEADER = "siren;collectivite;mois;version;date_envoi;code;libelle;valeur;commentaire"
# Members, respondents, projects, volumes: without a file there is nobody whom these concern, hence no row to be absent.
POPULATION_TOLD_BY_FILES = {
    *("ECO-01", "ECO-06", "ECO-07", "ECO-08", "ECO-09", "ECO-10"),
    *("APP-02", "APP-05", "APP-06", "APP-09", "APP-11", "APP-13", "QUA-03", "QUA-07", "QUA-08", "REG-04", "REG-07"),
    *(f"ENQ-0{n}" for n in range(1, 9)),
    *(f"MUT-0{n}" for n in range(1, 5)),
    *(f"PNT-{n:02}" for n in range(1, 11)),
}
MARTS = "select table_name from duckdb_tables() where schema_name = 'marts' order by table_name"


class Home:
    """A home, its deposit, and queries on what it last published."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def drop(self, source: str, name: str, content: str) -> None:
        folder = self.path / "depot" / source
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")

    def run(self, *arguments: str) -> str:
        done = run_job(self.path, "--aujourdhui", DAY, *arguments, NB_TIRAGES="200")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.path / "publication" / "observatoire.duckdb"), read_only=True)

    def query(self, sql: str) -> list[tuple]:
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def marts(self, *without: str) -> dict[str, tuple]:
        """A fingerprint of every published table, whatever the order of its rows."""
        prints = {}
        with self.connect() as connection:
            for (table,) in connection.execute(MARTS).fetchall():
                described = connection.execute(f"describe marts.{table}").fetchall()
                row = ", ".join(column for column, *_ in described if column not in without)
                digest = f"select count(*), sum(cast(hash({row}) as hugeint)) from marts.{table}"
                prints[table] = connection.execute(digest).fetchone()
        return prints


def act(rank: int, siren: str, day: str, received: str, status: str = "4") -> str:
    number = f"D{rank:03d}"
    identity = f"035-{siren}-{day.replace('-', '')}-{number}-DE"
    return f"{rank},{siren},1,1,{number},{day},{day},{received},{status},7.10,1,1000,N,{identity}"


def extract(*lines: str) -> str:
    return "\n".join((EXTRACT_HEADER, *lines)) + "\n"


def declaration(siren: str, month: str, *values: int, version: int = 1) -> str:
    """A return on the six natures of acts, `values` from nature 1 on; the others are declared 0."""
    numbers = [*values, *([0] * (6 - len(values)))]
    lines = [
        f"{siren};;{month};{version};05/10/2026;ACTES_TRANSMISSIBLES_{nature};;{number};"
        for nature, number in enumerate(numbers, start=1)
    ]
    return "\n".join((RETURN_HEADER, *lines)) + "\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    yield Home(tmp_path_factory.mktemp("depots") / "var")


def test_1_without_a_file_every_indicator_is_absent_and_nothing_is_0(home: Home) -> None:
    """Two things are known without a file: whom the law binds (REG-03), and what the study of 2013 said (ECO)."""
    home.run()
    received = "code_indicateur <> 'REG-03' and modalite <> 'S0_2013'"
    statuts = home.query(f"select distinct statut from marts.ind_valeurs where {received}")
    assert statuts == [("absent",)]
    codes = {code for (code,) in home.query("select distinct code_indicateur from marts.ind_valeurs")}
    defined = {code for (code,) in home.query("select distinct code_indicateur from marts.dim_indicateurs")}
    assert defined - codes == POPULATION_TOLD_BY_FILES
    known = "valeur is not null or numerateur is not null or denominateur is not null or nb_collectivites <> 0"
    assert home.query(f"select count(*) from marts.ind_valeurs where {received} and ({known})") == [(0,)]
    assert home.query("select count(*) from marts.fct_fichiers_recus") == [(0,)]


def test_2_one_good_file_and_two_bad_ones_publish(home: Home) -> None:
    home.drop("actes", "actes.csv", extract(*(act(n, RENNES, "2026-09-01", "2026-09-03") for n in (1, 2, 3))))
    home.drop("actes", "casse.xml", "<?xml version='1.0'?><actes:Acte xmlns:actes='http://www.interieur.gouv.fr/ACTES")
    home.drop("actes", "retour.csv", declaration(RENNES, "09/2026", 4))
    printed = home.run()
    assert "actes.csv" not in printed or "casse.xml" in printed
    files = dict(home.query("select nom_fichier, statut from marts.fct_fichiers_recus"))
    assert files == {"actes.csv": "integre", "casse.xml": "rejete", "retour.csv": "rejete"}
    ((motive,),) = home.query("select motif from marts.fct_fichiers_recus where nom_fichier = 'retour.csv'")
    assert "retours" in motive
    assert home.query("select count(*), sum(delai_ar_jours) from marts.fct_actes") == [(3, 6)]
    assert home.query("select distinct statut from marts.ind_valeurs where code_indicateur = 'DEM-08'") == [("absent",)]
    known = "code_indicateur like 'DEM-%' and statut <> 'absent'"
    told = home.query(f"select distinct code_indicateur from marts.ind_valeurs where {known} order by all")
    assert told == [("DEM-10",), ("DEM-11",), ("DEM-12",)]
    rejected = {path.name for path in (home.path / "rejets" / "actes").iterdir()}
    assert len([name for name in rejected if name.endswith(".motif.txt")]) == 2


def rate(home: Home) -> tuple:
    (row,) = home.query(
        f"""select numerateur, denominateur, valeur, nb_collectivites, statut from marts.ind_valeurs
        where code_indicateur = 'DEM-08' and perimetre_type = 'epci' and perimetre_code = '{METROPOLE}'
        and periode_type = 'mois' and periode_debut = date '2026-09-01'"""
    )
    return row


def test_3_a_return_makes_the_rate_and_neither_silence_nor_a_double_moves_it(home: Home) -> None:
    """Acigné: 1 act sent of 2 declared, another without AR. Rennes sent 3, twice, and declared nothing."""
    home.drop("actes", "suite.csv", extract(act(4, ACIGNE, "2026-09-10", "2026-09-10")))
    home.drop("actes", "actes_bis.csv", extract(*(act(n, RENNES, "2026-09-01", "2026-09-03") for n in (1, 2, 3))))
    home.drop("actes", "sans_ar.csv", extract(act(5, ACIGNE, "2026-09-12", "", status="3")))
    home.drop("retours", "acigne.csv", declaration(ACIGNE, "09/2026", 2))
    home.run()
    assert rate(home) == (1.0, 2.0, 0.5, 1, "partiel")
    doubles = home.query("select statut from marts.fct_fichiers_recus where nom_fichier = 'actes_bis.csv'")
    assert doubles == [("doublon",)]


def test_4_a_late_ar_and_a_correction(home: Home) -> None:
    """A later extract brings the AR of act 5. Acigné corrects 2 into 4: 2 acts sent of 4."""
    home.drop("actes", "avec_ar.csv", extract(act(5, ACIGNE, "2026-09-12", "2026-09-20", status="12")))
    home.drop("retours", "acigne_v2.csv", declaration(ACIGNE, "09/2026", 4, version=2))
    home.run()
    assert rate(home)[:3] == (2.0, 4.0, 0.5)


def test_5_nothing_new_changes_nothing_and_a_rebuild_finds_the_same(home: Home) -> None:
    """The incremental tables hold what a rebuild from the lake computes, row for row."""
    before = home.marts()
    home.run()
    assert home.marts() == before
    home.run("--reconstruire")
    assert home.marts() == before


def test_6_a_replay_finds_the_same_figures(home: Home) -> None:
    before = home.marts("lot")
    home.run("--rejouer", "actes")
    assert home.marts("lot") == before


def test_7_rollback_serves_the_version_before(home: Home) -> None:
    link = home.path / "publication" / "observatoire.duckdb"
    served = link.resolve()
    done = run_job(home.path, "--revenir")
    assert done.returncode == 0, done.stderr
    assert link.resolve() < served
    assert rate(home)[:3] == (2.0, 4.0, 0.5)
