"""Memberships and agreements: what the secretariat's lists may look like, what is taken from them, what is told."""

import gzip
import io
from pathlib import Path

import pytest

from orchestration.ingest.adhesions import AGREEMENTS, MEMBERSHIPS, SOURCE, Adhesion, Convention
from orchestration.ingest.outcome import Anomaly, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "adhesions"
MODELES = Path(__file__).parents[2] / "orchestration" / "ingest" / "modeles" / "adhesions"
SIREN = "213599996"


def _parse(raw: bytes) -> list[object]:
    chosen = [f for f in SOURCE.formats if f.recognise(raw[: 1 << 16])]
    assert len(chosen) == 1
    return list(chosen[0].parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str, str | None]]:
    return [
        (o.gravite, o.code.removeprefix("adhesions_"), o.ligne, o.champ, o.valeur)
        for o in outcomes
        if isinstance(o, Anomaly)
    ]


def _records(outcomes: list[object]) -> list[Adhesion | Convention]:
    return [o for o in outcomes if isinstance(o, (Adhesion, Convention))]


def _codes_of(raw: bytes) -> set[str]:
    try:
        return {o.code for o in _parse(raw) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}


def _fixtures() -> list[bytes]:
    """Every defective or valid file; one is a cell beyond the reader's bound, kept compressed."""
    plain = [path.read_bytes() for path in FIXTURES.glob("*.csv")]
    return plain + [gzip.decompress(path.read_bytes()) for path in FIXTURES.glob("*.csv.gz")]


def test_each_anomaly_code_is_raised_by_a_fixture() -> None:
    assert {code for raw in _fixtures() for code in _codes_of(raw)} == set(SOURCE.codes)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("valide_*")), ids=lambda path: path.stem)
def test_a_valid_list_raises_nothing(path: Path) -> None:
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert _records(outcomes)


@pytest.mark.parametrize("path", sorted(MODELES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_templates_are_valid_and_hold_every_column(path: Path) -> None:
    raw = path.read_bytes()
    layout = MEMBERSHIPS if "adhesions" in path.stem else AGREEMENTS
    assert _anomalies(_parse(raw)) == []
    header = set(raw.decode("utf-8-sig").splitlines()[0].split(";"))
    assert header == {*layout.read, *layout.dropped}


def test_values_land_as_received_and_codes_are_folded() -> None:
    first = _records(_read("valide_adhesions.csv"))[0]
    assert first == Adhesion(2, SIREN, "Commune fictive", "adherent", None, "01/02/2010", None, None, "30/06/2013")
    assert _records(_read("valide_cp1252_virgule.csv"))[0].type_adhesion == "membre_statutaire"
    agreement = _records(_read("valide_conventions.csv"))[0]
    assert agreement == Convention(2, SIREN, "CA-1", "2017-07", "2018-03-05", None, "2018-01-10", "2026-01-01")


@pytest.mark.parametrize(
    ("name", "anomaly"),
    [
        ("siren_factice.csv", ("siren_invalide", 3, "siren", "123456789")),
        ("type_inconnu.csv", ("type_inconnu", 3, "type_adhesion", "adherant")),
        ("service_inconnu.csv", ("service_inconnu", 3, "service", "fax")),
        ("service_absent.csv", ("service_absent", 3, "service", None)),
        ("service_superflu.csv", ("service_superflu", 3, "service", "marches")),
        ("sans_date_debut.csv", ("sans_date_debut", 3, "date_debut", None)),
        ("date_debut_illisible.csv", ("date_illisible", 3, "date_debut", "texte masqué")),
        ("date_fin_illisible.csv", ("date_illisible", 3, "date_fin", "31/02/2015")),
        ("date_hors_bornes.csv", ("date_hors_bornes", 3, "date_debut", "01/02/1910")),
        ("fin_avant_debut.csv", ("fin_avant_debut", 3, "date_fin", "31/01/2010")),
        ("ligne_coupee.csv", ("nombre_de_cellules", 3, "", "3")),
        ("convention_siren_factice.csv", ("siren_invalide", 3, "siren", "123456789")),
        ("convention_sans_reference.csv", ("sans_reference", 3, "reference_convention", None)),
        ("convention_date_illisible.csv", ("date_illisible", 3, "date_signature", "texte masqué")),
    ],
)
def test_a_line_that_is_none_is_rejected_and_the_others_land(
    name: str, anomaly: tuple[str, int, str, str | None]
) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("rejet", *anomaly)]
    assert [r.ligne for r in _records(outcomes)] == [2]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("membre_de_test.csv", ("membre_de_test", 2, "type_adhesion", "adherent")),
        ("cle_en_double.csv", ("cle_en_double", 3, "type_adhesion", "adherent")),
        ("colonne_inconnue.csv", ("colonne_inconnue", 0, "courriel", None)),
        ("colonne_absente.csv", ("colonne_absente", 0, "date_fin", None)),
        ("octet_hors_cp1252.csv", ("encodage_douteux", 0, "", None)),
        ("convention_version_illisible.csv", ("version_illisible", 2, "version_convention", "texte masqué")),
        ("convention_non_signee.csv", ("convention_non_signee", 2, "date_signature", None)),
        ("convention_finie_avant_signature.csv", ("convention_finie_avant_signature", 2, "date_fin", "2018-03-01")),
        ("convention_en_double.csv", ("convention_en_double", 3, "reference_convention", "CA-1")),
        ("relance_illisible.csv", ("relance_date_illisible", 2, "date_relance", "texte masqué")),
        ("relance_hors_bornes.csv", ("relance_date_hors_bornes", 2, "date_relance", "2218-01-10")),
    ],
)
def test_an_odd_value_is_told_and_its_line_lands(name: str, odd: tuple[str, int, str, str | None]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("avertissement", *odd)]
    assert len(_records(outcomes)) == (FIXTURES / name).read_bytes().count(b"\n") - 1


def test_an_exact_duplicate_lands_once() -> None:
    outcomes = _read("doublon_exact.csv")
    assert _anomalies(outcomes) == [("avertissement", "doublon_exact", 3, "type_adhesion", "adherent")]
    assert len(_records(outcomes)) == 1


@pytest.mark.parametrize(("name", "champ"), [("sans_colonne_siren.csv", "siren"), ("colonne_en_double.csv", "")])
def test_a_header_that_leaves_a_doubt_refuses_the_file(name: str, champ: str) -> None:
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.champ == (champ or "type_adhesion")


def test_the_origin_and_unknown_columns_do_not_leave_the_parser() -> None:
    told = repr([_read("colonne_inconnue.csv"), _read("valide_adhesions.csv")])
    assert "exemple.invalid" not in told
    assert "liste" not in told
