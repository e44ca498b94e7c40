"""Accompagnement: what the three files may look like, what is taken from them, what is told."""

import csv
import io
from pathlib import Path

import pytest

from orchestration.ingest import accompagnement
from orchestration.ingest.accompagnement import SOURCE, TABLEAUX, Evenement, Participation, Ticket
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "accompagnement"
MODELES = Path(accompagnement.__file__).parent / "modeles" / "accompagnement"
SIREN = "213599996"


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _records(outcomes: list[object]) -> list[object]:
    return [o for o in outcomes if isinstance(o, (Evenement, Participation, Ticket))]


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str, str | None]]:
    return [
        (o.gravite, o.code.removeprefix("accompagnement_"), o.ligne, o.champ, o.valeur)
        for o in outcomes
        if isinstance(o, Anomaly)
    ]


def _codes_of(raw: bytes) -> set[str]:
    try:
        return {o.code for o in _parse(raw) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}


def _quote_never_closed() -> bytes:
    """The only defect too large to be a file of the project: a cell beyond the reader's bound."""
    return b'mois;siren;service;nb_tickets\n"' + b"a" * (2 << 20)


def test_each_anomaly_code_is_raised_by_a_fixture() -> None:
    raised = {code for path in FIXTURES.glob("*.csv") for code in _codes_of(path.read_bytes())}
    assert raised | _codes_of(_quote_never_closed()) == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_is_a_french_sentence(code: str) -> None:
    message = SOURCE.codes[code].format(valeur="12", champ="nb_tickets")
    assert message.endswith((".", ")."))
    assert "{" not in message


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("valide_*")), ids=lambda path: path.stem)
def test_a_valid_file_raises_nothing(path: Path) -> None:
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert (outcomes[-1] == Emitter(SIREN)) == ("evenements" not in path.name)


def test_an_event_lands_with_its_codes_and_without_its_title_nor_its_place() -> None:
    first, second, third = _records(_read("valide_evenements.csv"))
    assert first == Evenement(2, "2018-RGPD-01", "webinaire", "donnees_personnelles", "04/12/2017", "1,5", "E03", "35")
    assert second == Evenement(3, "2018-MP-02", "reunion", "marches", "2018-09-11", "2", "E04", None)
    assert third == Evenement(4, "2024-LIBRE-01", "atelier", "autre", "12/03/2024", None, None, None)


def test_attendance_lands_as_a_number_of_people_of_a_collectivite() -> None:
    assert _records(_read("valide_participations.csv"))[0] == Participation(2, "2018-RGPD-01", SIREN, "2")
    mixed = _records(_read("valide_participations_bom_colonnes_melees.csv"))
    assert mixed == [Participation(2, "2018-RGPD-01", SIREN, "3")]


def test_tickets_land_by_collectivite_service_and_month() -> None:
    assert _records(_read("valide_tickets.csv")) == [
        Ticket(2, "03/2024", SIREN, "actes", "4", "6,5"),
        Ticket(3, "janv-24", SIREN, "parapheur", "1", None),
        Ticket(4, "01/02/2024", SIREN, "autre", "0", "0"),
    ]


@pytest.mark.parametrize(
    ("name", "champ"),
    [
        ("sans_colonne_siren.csv", "siren"),
        ("sans_colonne_date.csv", "date"),
        ("colonne_en_double.csv", "nb_tickets"),
    ],
)
def test_a_header_that_leaves_a_doubt_refuses_the_file(name: str, champ: str) -> None:
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.champ == champ


@pytest.mark.parametrize(
    ("name", "anomalies"),
    [
        ("separateur_dans_un_titre.csv", [("nombre_de_cellules", 3, "", "10")]),
        (
            "sans_identifiant.csv",
            [("sans_evenement", 3, "id_evenement", None), ("sans_evenement", 4, "id_evenement", None)],
        ),
        ("participation_sans_evenement.csv", [("sans_evenement", 3, "id_evenement", None)]),
        ("siren_factice.csv", [("siren_invalide", 3, "siren", "123456789")]),
        ("siren_en_toutes_lettres.csv", [("siren_invalide", 3, "siren", "texte masqué")]),
        (
            "mois_illisible.csv",
            [("mois_illisible", 3, "mois", "texte masqué"), ("mois_illisible", 4, "mois", "15/03/2024")],
        ),
        ("service_inconnu.csv", [("service_inconnu", 3, "service", "texte masqué")]),
        (
            "tickets_sans_nombre.csv",
            [
                ("nombre_illisible", 3, "nb_tickets", "texte masqué"),
                ("nombre_negatif", 4, "nb_tickets", "-2"),
                ("nombre_invraisemblable", 5, "nb_tickets", "99999"),
                ("nombre_illisible", 6, "nb_tickets", None),
            ],
        ),
    ],
)
def test_a_line_that_tells_nothing_is_rejected_and_the_others_land(
    name: str, anomalies: list[tuple[str, int, str, str | None]]
) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("rejet", *anomaly) for anomaly in anomalies]
    assert [r.ligne for r in _records(outcomes)] == [2]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("octet_hors_cp1252.csv", [("encodage_douteux", 0, "", None), ("colonne_inconnue", 0, "salle", None)]),
        (
            "colonne_absente.csv",
            [("colonne_absente", 0, "nb_participants", None), ("sans_nombre", 2, "nb_participants", None)],
        ),
        ("colonne_de_noms.csv", [("colonne_inconnue", 0, "nom_agent", None)]),
        ("caracteres_perdus.csv", [("caracteres_perdus", 2, "", None)]),
        ("sans_date.csv", [("sans_date", 2, "date", None)]),
        (
            "date_illisible.csv",
            [("date_illisible", 2, "date", "31/02/2018"), ("date_illisible", 3, "date", "texte masqué")],
        ),
        (
            "date_hors_bornes.csv",
            [("date_hors_bornes", 2, "date", "04/12/0017"), ("date_hors_bornes", 3, "date", "04/12/5017")],
        ),
        ("type_inconnu.csv", [("type_inconnu", 2, "type", "texte masqué")]),
        ("theme_inconnu.csv", [("theme_inconnu", 2, "theme", "texte masqué")]),
        ("obligation_inconnue.csv", [("obligation_inconnue", 2, "obligation", "RGPD 2018")]),
        ("departement_illisible.csv", [("departement_illisible", 2, "departement", "texte masqué")]),
        ("duree_invraisemblable.csv", [("duree_invraisemblable", 2, "duree_heures", "-3")]),
        ("delai_illisible.csv", [("nombre_illisible", 2, "delai_median_heures", "texte masqué")]),
        (
            "participants_illisibles.csv",
            [
                ("nombre_illisible", 2, "nb_participants", "texte masqué"),
                ("nombre_negatif", 3, "nb_participants", "-1"),
                ("nombre_invraisemblable", 4, "nb_participants", "50000"),
            ],
        ),
        ("participants_inconnus.csv", [("sans_nombre", 2, "nb_participants", None)]),
        ("cle_en_double.csv", [("cle_en_double", 3, "id_evenement", "2018-RGPD-01")]),
    ],
)
def test_an_odd_value_is_told_and_its_line_lands(name: str, odd: list[tuple[str, int, str, str | None]]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("avertissement", *anomaly) for anomaly in odd]
    assert len(_records(outcomes)) == (FIXTURES / name).read_bytes().count(b"\n") - 1


def test_an_exact_duplicate_is_told_and_lands_once() -> None:
    outcomes = _read("ligne_repetee.csv")
    assert _anomalies(outcomes) == [("avertissement", "ligne_repetee", 3, "id_evenement", "2018-RGPD-01")]
    assert [r.ligne for r in _records(outcomes)] == [2]


def test_trailing_separators_of_a_spreadsheet_are_nothing() -> None:
    assert _read("en_tete_seul_puis_blancs.csv") == []


def test_no_free_text_leaves_the_parser() -> None:
    for path in FIXTURES.glob("*.csv"):
        try:
            told = repr(_parse(path.read_bytes()))
        except RejectedFile as refusal:
            told = repr(refusal)
        for text in ("inventé", "Inventée", "Rennes", "jardinage", "goûter", "dizaine", "Mairie"):
            assert text not in told, path.name


@pytest.mark.parametrize("tableau", TABLEAUX, ids=lambda tableau: tableau.nom)
def test_the_template_of_each_file_is_read_without_a_remark(tableau: accompagnement.Tableau) -> None:
    path = MODELES / f"{tableau.modele}.csv"
    assert tuple(next(csv.reader(io.StringIO(path.read_text("cp1252")), delimiter=";"))) == tableau.colonnes
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert len(_records(outcomes)) == 2


def test_the_dictionary_explains_every_column_code_and_answer() -> None:
    dictionary = (MODELES / "dictionnaire_accompagnement.md").read_text("utf-8")
    words = {name for tableau in TABLEAUX for name in tableau.colonnes}
    words |= accompagnement.TYPES | accompagnement.THEMES | accompagnement.SERVICES
    assert [word for word in sorted(words) if f"`{word}`" not in dictionary] == []
