"""Consultations: what an export of the buyer profile may look like, what is taken from it, what is told."""

import gzip
import io
from pathlib import Path

import pytest

from orchestration.ingest import consultations
from orchestration.ingest.consultations import SOURCE, Consultation
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "consultations"
SIREN = "213599996"


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _records(outcomes: list[object]) -> list[Consultation]:
    return [o for o in outcomes if isinstance(o, Consultation)]


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str, str | None]]:
    return [
        (o.gravite, o.code.removeprefix("consultations_"), o.ligne, o.champ, o.valeur)
        for o in outcomes
        if isinstance(o, Anomaly)
    ]


def _codes_of(raw: bytes) -> set[str]:
    try:
        return {o.code for o in _parse(raw) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}


def _fixtures() -> list[bytes]:
    """Every defective or valid export; one is a cell beyond the reader's bound, kept compressed."""
    plain = [path.read_bytes() for path in FIXTURES.glob("*.csv")]
    return plain + [gzip.decompress(path.read_bytes()) for path in FIXTURES.glob("*.csv.gz")]


def test_each_anomaly_code_is_raised_by_a_fixture() -> None:
    assert {code for raw in _fixtures() for code in _codes_of(raw)} == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_is_a_french_sentence(code: str) -> None:
    message = SOURCE.codes[code].format(valeur="12", champ="nb_lots")
    assert message.endswith((".", ")."))
    assert "{" not in message


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("valide_*")), ids=lambda path: path.stem)
def test_a_valid_export_raises_nothing(path: Path) -> None:
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert outcomes[-1] == Emitter(SIREN)


def test_values_land_as_received_and_the_title_does_not_land() -> None:
    assert _records(_read("valide_point_virgule.csv"))[0] == Consultation(
        ligne=2,
        organisme="a1z",
        siren=SIREN,
        reference="500001",
        reference_utilisateur="2024-001",
        type_procedure="Procédure adaptée",
        categorie="Travaux",
        date_mise_en_ligne="2024-03-04 09:00:00",
        date_cloture="2024-04-05 12:00:00",
        reponse_electronique_autorisee="1",
        reponse_electronique_obligatoire="1",
        alloti="0",
        nb_lots="1",
        montant_estime="90000,50",
        nb_retraits_dce_elec="25",
        nb_retraits_dce_papier="0",
        nb_plis_elec="4",
        nb_plis_papier="0",
        nb_plis_annules="0",
        nb_plis_hors_delai="0",
        statut="Décision",
    )


def test_a_quoted_title_may_hold_separators_and_line_ends() -> None:
    assert [r.ligne for r in _records(_read("valide_point_virgule.csv"))] == [2, 3, 5]


def test_columns_come_in_any_order_and_encoding() -> None:
    mixed = _records(_read("valide_utf8_bom_colonnes_melees.csv"))[0]
    comma = _records(_read("valide_virgule_cp1252.csv"))[0]
    assert (mixed.reference, mixed.nb_plis_elec, mixed.type_procedure) == ("500001", "4", "Procédure adaptée")
    assert (comma.montant_estime, comma.statut) == ("90 000,50", "Décision")


def test_one_reference_in_two_organisations_is_two_consultations() -> None:
    keys = [(r.siren, r.organisme, r.reference) for r in _records(_read("valide_point_virgule.csv"))]
    assert keys == [(SIREN, "a1z", "500001"), (SIREN, "a1z", "500002"), (SIREN, "b2y", "500001")]


@pytest.mark.parametrize(
    ("name", "champ"),
    [
        ("sans_colonne_siren.csv", "siren"),
        ("colonne_en_double.csv", "nb_plis_elec"),
    ],
)
def test_a_header_that_leaves_a_doubt_refuses_the_file(name: str, champ: str) -> None:
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.champ == champ


@pytest.mark.parametrize(
    ("name", "anomalies"),
    [
        ("separateur_dans_un_texte.csv", [("rejet", "nombre_de_cellules", 3, "", "22")]),
        ("ligne_coupee.csv", [("rejet", "nombre_de_cellules", 3, "", "8")]),
        ("siren_factice.csv", [("rejet", "siren_invalide", 3, "siren", "123456789")]),
        ("siren_en_toutes_lettres.csv", [("rejet", "siren_invalide", 3, "siren", "texte masqué")]),
        ("sans_organisme.csv", [("rejet", "sans_organisme", 3, "organisme", None)]),
        ("sans_reference.csv", [("rejet", "sans_reference", 3, "reference", None)]),
        (
            "consultations_de_test.csv",
            [("rejet", "de_test", 3, "intitule", None), ("rejet", "de_test", 4, "intitule", None)],
        ),
    ],
)
def test_a_line_that_is_no_consultation_is_rejected_and_the_others_land(
    name: str, anomalies: list[tuple[str, str, int, str, str | None]]
) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == anomalies
    assert [r.ligne for r in _records(outcomes)] == [2]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("colonne_absente.csv", [("colonne_absente", 0, "nb_plis_hors_delai", None)]),
        ("colonne_inconnue.csv", [("colonne_inconnue", 0, "courriel_agent", None)]),
        ("octet_hors_cp1252.csv", [("encodage_douteux", 0, "", None)]),
        ("caracteres_perdus.csv", [("caracteres_perdus", 2, "", None)]),
        ("date_vide_de_la_plate_forme.csv", [("sans_date_mise_en_ligne", 2, "date_mise_en_ligne", None)]),
        ("date_illisible.csv", [("date_illisible", 2, "date_cloture", "texte masqué")]),
        (
            "date_hors_bornes.csv",
            [
                ("date_hors_bornes", 2, "date_mise_en_ligne", "0002-11-30 00:00:00"),
                ("date_hors_bornes", 3, "date_cloture", "5021-02-18"),
            ],
        ),
        (
            "cloture_avant_mise_en_ligne.csv",
            [("cloture_avant_mise_en_ligne", 2, "date_cloture", "2024-03-01 12:00:00")],
        ),
        ("booleen_inconnu.csv", [("booleen_inconnu", 2, "alloti", "2")]),
        ("nombre_illisible.csv", [("nombre_illisible", 2, "nb_plis_papier", "texte masqué")]),
        ("nombre_negatif.csv", [("nombre_negatif", 2, "nb_plis_elec", "-4")]),
        ("nombre_invraisemblable.csv", [("nombre_invraisemblable", 2, "nb_retraits_dce_elec", "9999999")]),
        ("montant_illisible.csv", [("montant_illisible", 2, "montant_estime", "texte masqué")]),
        (
            "montant_invraisemblable.csv",
            [
                ("montant_invraisemblable", 2, "montant_estime", "123111111111"),
                ("montant_invraisemblable", 3, "montant_estime", "-1"),
            ],
        ),
        (
            "obligatoire_sans_etre_autorisee.csv",
            [("reponse_incoherente", 2, "reponse_electronique_obligatoire", None)],
        ),
        ("plis_electroniques_non_autorises.csv", [("plis_non_autorises", 2, "nb_plis_elec", "4")]),
        ("lots_sans_allotissement.csv", [("lots_incoherents", 2, "nb_lots", "4")]),
        ("plus_de_plis_que_de_retraits.csv", [("plis_sans_retrait", 2, "nb_plis_elec", "4")]),
        ("plus_de_plis_ecartes_que_de_plis.csv", [("plis_ecartes_en_trop", 2, "nb_plis_annules", "5")]),
        ("cle_en_double.csv", [("cle_en_double", 3, "reference", "1")]),
    ],
)
def test_an_odd_value_is_told_and_its_line_lands(name: str, odd: list[tuple[str, int, str, str | None]]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("avertissement", *anomaly) for anomaly in odd]
    nb_lines = (FIXTURES / name).read_bytes().count(b"\n") - 1
    assert len(_records(outcomes)) == nb_lines


def test_an_exact_duplicate_is_told_and_lands_once() -> None:
    outcomes = _read("doublon_exact.csv")
    assert _anomalies(outcomes) == [("avertissement", "doublon_exact", 3, "reference", "1")]
    assert [r.ligne for r in _records(outcomes)] == [2]


def test_trailing_separators_of_a_spreadsheet_are_nothing() -> None:
    assert _read("en_tete_seul_puis_blancs.csv") == []


def test_nothing_of_a_title_nor_of_an_unknown_column_leaves_the_parser() -> None:
    for path in FIXTURES.glob("*.csv"):
        told = repr([_parse(path.read_bytes())] if _codes_of(path.read_bytes()) <= _KEPT else [])
        assert "inventés" not in told
        assert "exemple.invalid" not in told


_KEPT = set(SOURCE.codes) - {
    "consultations_illisible",
    "consultations_colonne_obligatoire_absente",
    "consultations_colonne_en_double",
}


def test_the_counts_that_are_compared_are_those_that_sql_reads() -> None:
    texts = ("12", "1 200", "1\u202f200", "-4", "deux", "", None, "12,5")
    assert [consultations._count(text) for text in texts] == [12, 1200, 1200, None, None, None, None, None]


def test_reading_an_export_is_deterministic() -> None:
    assert _read("cle_en_double.csv") == _read("cle_en_double.csv")
