"""Accounts, certificates, companies: what the exports may look like, and that nobody can be found in what is kept."""

import gzip
import io
from pathlib import Path

import pytest

from orchestration.ingest.comptes import SOURCE, Certificat, Compte, Entreprises, hashed
from orchestration.ingest.outcome import Anomaly, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "comptes"
SIREN = "213599996"


def _parse(raw: bytes) -> list[object]:
    chosen = [f for f in SOURCE.formats if f.recognise(raw[: 1 << 16])]
    assert len(chosen) == 1
    return list(chosen[0].parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str, str | None]]:
    return [
        (o.gravite, o.code.removeprefix("comptes_"), o.ligne, o.champ, o.valeur)
        for o in outcomes
        if isinstance(o, Anomaly)
    ]


def _records(outcomes: list[object]) -> list[Compte | Certificat | Entreprises]:
    return [o for o in outcomes if not isinstance(o, Anomaly)]


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
def test_a_valid_export_raises_nothing(path: Path) -> None:
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert len(_records(outcomes)) == 2


def test_an_account_keeps_its_state_and_how_many_applications() -> None:
    assert _records(_read("valide_agents.csv")) == [
        Compte(2, SIREN, hashed("41"), "true", "2021-03-04 10:11:12.0", "false", "1"),
        Compte(3, SIREN, hashed("42"), "false", "2020-01-15", "true", "1"),
    ]


def test_a_certificate_keeps_its_end_and_a_month_its_counts() -> None:
    first = _records(_read("valide_certificats.csv"))[0]
    assert first == Certificat(2, SIREN, hashed("7", "0A1B"), "2027-03-31 23:59:59", "1", "t")
    assert _records(_read("valide_entreprises.csv"))[0] == Entreprises(2, "03/2026", "35 000", "8000")


@pytest.mark.parametrize(
    ("name", "anomaly"),
    [
        ("agent_siren_factice.csv", ("siren_invalide", 3, "organism_siren", "123456789")),
        ("agent_sans_identifiant.csv", ("sans_identifiant", 3, "user_id", None)),
        ("agent_ligne_coupee.csv", ("nombre_de_cellules", 3, "", "2")),
        ("certificat_siren_factice.csv", ("siren_invalide", 3, "authority_siren", "123456789")),
        ("certificat_sans_identifiant.csv", ("sans_identifiant", 3, "id", None)),
        ("entreprises_mois_illisible.csv", ("mois_illisible", 3, "mois", "texte masqué")),
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
        ("agent_actif_illisible.csv", ("actif_illisible", 2, "profil_enabled", None)),
        ("agent_sans_date_creation.csv", ("sans_date_creation", 2, "agent_profil_creation_date", None)),
        ("agent_date_illisible.csv", ("date_illisible", 2, "agent_profil_creation_date", "texte masqué")),
        ("agent_date_hors_bornes.csv", ("date_hors_bornes", 2, "agent_profil_creation_date", "1921-03-04")),
        ("agent_role_inconnu.csv", ("role_inconnu", 2, "agent_profil_role_sdm", None)),
        ("agent_en_double.csv", ("compte_en_double", 3, "user_id", None)),
        ("agent_colonne_inconnue.csv", ("colonne_inconnue", 0, "courriel", None)),
        ("agent_colonne_absente.csv", ("colonne_absente", 0, "agent_profil_elected", None)),
        ("agent_octet_hors_cp1252.csv", ("encodage_douteux", 0, "", None)),
        ("certificat_sans_echeance.csv", ("sans_echeance", 2, "cert_not_after", None)),
        ("certificat_date_illisible.csv", ("date_illisible", 2, "cert_not_after", "texte masqué")),
        ("entreprises_nombre_illisible.csv", ("nombre_illisible", 2, "entreprises_inscrites", "texte masqué")),
        ("entreprises_actives_en_trop.csv", ("actives_en_trop", 2, "entreprises_actives", "35000")),
    ],
)
def test_an_odd_value_is_told_and_its_line_lands(name: str, odd: tuple[str, int, str, str | None]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("avertissement", *odd)]
    assert len(_records(outcomes)) == (FIXTURES / name).read_bytes().count(b"\n") - 1


@pytest.mark.parametrize(
    ("name", "champ"),
    [("agent_sans_colonne_enabled.csv", "profil_enabled"), ("agent_colonne_en_double.csv", "user_id")],
)
def test_a_header_that_leaves_a_doubt_refuses_the_file(name: str, champ: str) -> None:
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.champ == champ


def test_nobody_leaves_the_parser() -> None:
    refused = {"agent_sans_colonne_enabled.csv", "agent_colonne_en_double.csv"}
    told = repr([_read(path.name) for path in FIXTURES.glob("*.csv") if path.name not in refused])
    for personal in ("inventé", "exemple.invalid", "'41'", "0A1B", "2019"):
        assert personal not in told
