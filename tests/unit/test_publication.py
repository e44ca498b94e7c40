"""What readers open: one whole version or the other, the last seven, and the way back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import publication

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)


def build(home: Path, value: int) -> None:
    """A warehouse as dbt leaves it, small."""
    path = home / "entrepot" / "observatoire.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema staging; create table staging.secret as select 1 as x")
        connection.execute(f"create table marts.fct_actes as select {value} as nb, 'a' as siren")
        connection.execute("comment on table marts.fct_actes is 'Une ligne par acte de l''année.'")
        connection.execute("comment on column marts.fct_actes.nb is 'Nombre d''actes.'")
        connection.execute("create view marts.fct_vue as select nb + 1 as nb from observatoire.marts.fct_actes")
        connection.execute("comment on view marts.fct_vue is 'Une vue.'")
        connection.execute("create table marts.dim_collectivites as select '213502388' as siren, 'Île; d''été' as nom")
        connection.execute(
            "create table marts.ind_valeurs as select * from (values ('collectivite', 1.5), ('territoire', null))"
            " v(perimetre_type, valeur)"
        )
        connection.execute("create table marts.fct_fichiers_recus as select true as est_demonstration")


def value(path: Path) -> int:
    """The figure that a reader sees."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select nb from marts.fct_actes").fetchall()[0][0]


def publish(home: Path, number: int, now: datetime = NOW) -> publication.Published:
    """Build and publish a warehouse whose figure is `number`."""
    build(home, number)
    return publication.publish(home, now)


def versions(home: Path) -> list[str]:
    """Names of what is in publication/versions/."""
    return sorted(path.name for path in (home / "publication" / "versions").iterdir())


def test_published_file_has_the_marts_their_comments_and_nothing_else(tmp_path: Path) -> None:
    published = publish(tmp_path, 1)
    assert published.path.name == "observatoire-20260601T040000.duckdb" and published.tables["fct_actes"] == 1
    link = publication.link_of(tmp_path)
    assert link.is_symlink() and not link.readlink().is_absolute() and link.resolve() == published.path
    with duckdb.connect(str(link), read_only=True) as connection:
        assert connection.execute("select distinct schema_name from duckdb_tables()").fetchall() == [("marts",)]
        comments = dict(connection.execute("select table_name, comment from duckdb_tables()").fetchall())
        assert comments["fct_actes"] == "Une ligne par acte de l'année."
        assert connection.execute("select comment from duckdb_views() where comment is not null").fetchall() == [
            ("Une vue.",)
        ]
        assert connection.execute("select nb from marts.fct_vue").fetchall() == [(2,)]
        query = "select comment from duckdb_columns() where column_name = 'nb' and table_name = 'fct_actes'"
        assert connection.execute(query).fetchall() == [("Nombre d'actes.",)]
    assert versions(tmp_path) == [published.path.name], "no write-ahead log, nothing aside"
    assert published.path.stat().st_mode & 0o222 == 0


def test_seven_versions_are_kept_and_the_last_is_served(tmp_path: Path) -> None:
    for day in range(9):
        publish(tmp_path, day, NOW + timedelta(days=day))
    assert versions(tmp_path) == [f"observatoire-202606{day:02d}T040000.duckdb" for day in range(3, 10)]
    assert value(publication.link_of(tmp_path)) == 8


def test_two_publications_at_the_same_second_are_two_versions(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    publish(tmp_path, 3, NOW - timedelta(days=1))
    assert len(versions(tmp_path)) == 3 and value(publication.link_of(tmp_path)) == 3


def test_open_reader_keeps_its_version_and_a_new_one_sees_the_new(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with duckdb.connect(str(publication.link_of(tmp_path).resolve()), read_only=True) as reader:
        for day in range(1, 9):
            publish(tmp_path, 1 + day, NOW + timedelta(days=day))
        assert reader.execute("select nb from marts.fct_actes").fetchall() == [(1,)], "though its file was removed"
    assert value(publication.link_of(tmp_path).resolve()) == 9


@pytest.mark.parametrize("point", ["_flush", "_copy_marts", "_serve"])
def test_crash_while_publishing_leaves_the_served_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    publish(tmp_path, 1)

    def dying(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publication, point, dying)
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, 2, NOW + timedelta(days=1))
    monkeypatch.undo()
    assert value(publication.link_of(tmp_path)) == 1
    publish(tmp_path, 3, NOW + timedelta(days=2))
    assert value(publication.link_of(tmp_path)) == 3 and not any(name.startswith(".") for name in versions(tmp_path))


def test_link_is_never_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, 1)
    seen: list[int] = []
    real = Path.replace

    def spy(self: Path, target: Path) -> Path:
        seen.append(value(publication.link_of(tmp_path).resolve()))
        result = real(self, target)
        seen.append(value(publication.link_of(tmp_path).resolve()))
        return result

    monkeypatch.setattr(Path, "replace", spy)
    publish(tmp_path, 2, NOW + timedelta(days=1))
    assert seen[:2] == [1, 2]


def test_rollback_serves_the_version_before_and_says_which(tmp_path: Path) -> None:
    for day in range(3):
        publish(tmp_path, day, NOW + timedelta(days=day))
    assert "celle du 02/06/2026 à 06:00:00" in publication.rollback(tmp_path), "the hour is that of Paris"
    assert value(publication.link_of(tmp_path)) == 1
    publication.rollback(tmp_path)
    assert value(publication.link_of(tmp_path)) == 0
    with pytest.raises(publication.NothingToRollBack, match="plus ancienne"):
        publication.rollback(tmp_path)
    assert value(publication.link_of(tmp_path)) == 0
    publish(tmp_path, 5, NOW + timedelta(days=5))
    assert value(publication.link_of(tmp_path)) == 5 and len(versions(tmp_path)) == 4


def test_after_a_rollback_the_newer_version_is_told_and_can_be_served_again(tmp_path: Path) -> None:
    for day in range(3):
        publish(tmp_path, day, NOW + timedelta(days=day))
    assert "antérieure" not in publication.served_sentence(tmp_path)
    publication.rollback(tmp_path)
    publication.rollback(tmp_path)
    sentence = publication.served_sentence(tmp_path)
    assert sentence.startswith("la version du 01/06/2026 à 06:00:00, antérieure à la dernière publiée, du 03/06/2026")
    assert "make rollforward" in sentence
    assert "de nouveau la dernière publiée, celle du 03/06/2026" in publication.roll_forward(tmp_path)
    assert value(publication.link_of(tmp_path)) == 2
    assert "déjà la dernière" in publication.roll_forward(tmp_path)


def test_rollback_without_publication_says_so(tmp_path: Path) -> None:
    with pytest.raises(publication.NothingToRollBack, match="Rien n'est publié"):
        publication.rollback(tmp_path)


def test_open_data_leaves_single_collectivites_out(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    folder = tmp_path / "publication" / "opendata"
    assert sorted(path.name for path in folder.iterdir()) == [
        "LISEZMOI.txt",
        "dim_collectivites.csv",
        "dim_collectivites.parquet",
        "ind_valeurs.csv",
        "ind_valeurs.parquet",
    ]
    assert (folder / "ind_valeurs.csv").read_text("utf-8") == "perimetre_type;valeur\nterritoire;\n"
    assert (folder / "dim_collectivites.csv").read_text("utf-8") == 'siren;nom\n213502388;"Île; d\'été"\n'
    rows = duckdb.connect().execute("select * from read_parquet(?)", [str(folder / "ind_valeurs.parquet")]).fetchall()
    assert rows == [("territoire", None)]
    assert "démonstration" in (folder / "LISEZMOI.txt").read_text("utf-8")
