"""Retours: what a secretary's file may look like, what is taken from it, and what she is told."""

import csv
import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import yaml

from orchestration import modele_retour
from orchestration.ingest import retours
from orchestration.ingest.outcome import HIDDEN, Anomaly, Emitter, RejectedFile
from orchestration.ingest.retours import SOURCE, Valeur, mois_of, unites

FIXTURES = Path(__file__).parents[1] / "fixtures" / "retours"
STAGING = Path(__file__).parents[2] / "models" / "staging" / "retours" / "stg_retours__valeurs.yml"
SIREN = "213599996"


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _records(outcomes: list[object]) -> list[Valeur]:
    return [o for o in outcomes if isinstance(o, Valeur)]


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str | None]]:
    return [(o.gravite, o.code, o.ligne, o.valeur) for o in outcomes if isinstance(o, Anomaly)]


def _codes_of(path: Path) -> set[str]:
    try:
        return {o.code for o in _parse(path.read_bytes()) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}


def test_each_anomaly_code_is_raised_by_a_fixture():
    raised = set().union(*(_codes_of(path) for path in FIXTURES.iterdir() if path.name != "PROVENANCE.md"))
    assert raised == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_takes_a_value_and_a_field(code):
    message = SOURCE.codes[code].format(valeur="12", champ="valeur")
    assert message.endswith(".") and "{" not in message


@pytest.mark.parametrize(
    "name",
    ["retour_valide_cp1252.csv", "retour_valide_utf8_bom.csv", "retour_valide_virgule.csv", "retour_valide.xlsx"],
)
def test_a_valid_return_raises_nothing(name):
    outcomes = _read(name)
    assert _anomalies(outcomes) == []
    assert Emitter(SIREN) in outcomes
    assert {record.siren for record in _records(outcomes)} == {SIREN}


def test_values_land_as_received_and_comments_do_not_land():
    records = _records(_read("retour_valide_cp1252.csv"))
    assert [(r.ligne, r.mois, r.version, r.date_envoi, r.code, r.valeur) for r in records] == [
        (2, "03/2024", "1", "05/04/2024", "MANDATS", "1 250"),
        (3, "03/2024", "1", "05/04/2024", "TITRES", "NC"),
        (4, "03/2024", "1", "05/04/2024", "BORDEREAUX", None),
        (5, "03/2024", "1", "05/04/2024", "COUT_AFFRANCHISSEMENT_EUR", "120,50"),
        (6, "01/02/2024", "1", "05/04/2024", "PLIS_TOTAL", "0"),
    ]
    assert records[0].nom_collectivite == "Commune de démonstration"
    assert "15 €" not in repr(records)


@pytest.mark.parametrize("name", ["formule_non_calculee.xlsx", "entete_d_un_autre_modele.csv"])
def test_a_refused_return_still_names_its_emitter(name):
    outcomes = []
    with pytest.raises(RejectedFile):
        for outcome in next(f for f in SOURCE.formats if f.recognise((FIXTURES / name).read_bytes())).parse(
            io.BytesIO((FIXTURES / name).read_bytes())
        ):
            outcomes.append(outcome)
    assert outcomes == [Emitter(SIREN)]


def test_a_wrong_header_is_quoted_but_not_what_looks_like_data():
    with pytest.raises(RejectedFile) as refusal:
        _read("entete_d_un_autre_modele.csv")
    assert refusal.value.valeur == "siren, date_envoi"
    assert refusal.value.champ == "« Numéro de la mairie », « Mois », « Version », « Code », « Valeur »"


def test_a_formula_that_gives_an_empty_text_was_computed():
    """Excel writes it as a text result; a tool that computes nothing writes no type at all."""
    cells = b'<c r="A1" t="str"><f>IF(B1="","",B1)</f><v></v></c><c r="B1"><f>A2</f><v>3</v></c><c r="C1"><f>A2</f></c>'
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = b'<worksheet xmlns="%s"><sheetData><row>%s</row></sheetData></worksheet>' % (namespace, cells)
    assert retours._uncomputed(sheet) == ["C1"]


def test_an_excel_workbook_reads_like_the_csv_that_excel_would_save():
    records = _records(_read("retour_valide.xlsx"))
    assert [(r.ligne, r.mois, r.version, r.date_envoi, r.code, r.valeur) for r in records] == [
        (2, "01/03/2024", "1", "05/04/2024", "MANDATS", "1250"),
        (3, "03/2024", "1", "05/04/2024", "TITRES", "NC"),
        (4, "03/2024", "1", "05/04/2024", "COUT_IMPRESSION_EUR", "88,4"),
        (5, "03/2024", "1", "05/04/2024", "PJ", None),
    ]
    assert "secret" not in repr(records)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("guillemet_non_ferme.csv", "retours_guillemet_non_ferme"),
        ("entete_sans_code.csv", "retours_entete_incomplet"),
        ("classeur_vide.xlsx", "retours_entete_incomplet"),
        ("deux_colonnes_valeur.csv", "retours_colonne_en_double"),
        ("deux_collectivites.csv", "retours_plusieurs_sirens"),
        ("annee_mal_saisie.csv", "retours_periode_trop_longue"),
        ("formule_non_calculee.xlsx", "retours_formule_non_calculee"),
        ("classeur_tronque.xlsx", "retours_classeur_illisible"),
        ("classeur_sans_feuille.xlsx", "retours_classeur_illisible"),
        ("classeur_entites.xlsx", "retours_classeur_illisible"),
        ("classeur_demesure.xlsx", "retours_classeur_demesure"),
        ("classeur_derniere_ligne_lointaine.xlsx", "retours_classeur_demesure"),
        ("ancien_excel.xls", "retours_tableur_non_accepte"),
        ("retour_libreoffice.ods", "retours_tableur_non_accepte"),
        ("texte_unicode.txt", "retours_tableur_non_accepte"),
    ],
)
def test_file_is_refused_whole(name, code):
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("name", "anomalies", "lignes"),
    [
        ("ligne_tronquee.csv", [("rejet", "retours_ligne_mal_decoupee", 3, None)], [2]),
        ("decimales_sans_guillemets.csv", [("rejet", "retours_ligne_mal_decoupee", 3, None)], [2]),
        ("separateur_dans_commentaire.csv", [("rejet", "retours_ligne_mal_decoupee", 3, None)], [2]),
        (
            "siren_faux.csv",
            [
                ("rejet", "retours_siren_invalide", 3, "213599997"),
                ("rejet", "retours_siren_invalide", 4, None),
                ("rejet", "retours_siren_invalide", 5, HIDDEN),
            ],
            [2],
        ),
        ("siren_incomplet.csv", [("rejet", "retours_siren_incomplet", 3, "21359999")], [2]),
        ("siren_notation_scientifique.csv", [("rejet", "retours_siren_notation_scientifique", 3, "2,135E+08")], [2]),
        (
            "mois_illisible.csv",
            [
                ("rejet", "retours_mois_illisible", 3, HIDDEN),
                ("rejet", "retours_mois_illisible", 4, "13/2024"),
                ("rejet", "retours_mois_illisible", 5, "03/12/2024"),
                ("rejet", "retours_mois_illisible", 6, None),
            ],
            [2],
        ),
        (
            "mois_hors_bornes.csv",
            [("rejet", "retours_mois_hors_bornes", 3, "03/1924"), ("rejet", "retours_mois_hors_bornes", 4, "05/2024")],
            [2],
        ),
        ("version_absente.csv", [("rejet", "retours_version_absente", 3, None)], [2]),
        (
            "version_illisible.csv",
            [("rejet", "retours_version_illisible", 3, "V2"), ("rejet", "retours_version_illisible", 4, "0")],
            [2],
        ),
        (
            "code_inconnu.csv",
            [("rejet", "retours_code_inconnu", 3, "MANDAT"), ("rejet", "retours_code_inconnu", 4, None)],
            [2],
        ),
        (
            "valeurs_contradictoires.csv",
            [
                ("rejet", "retours_valeurs_contradictoires", 2, "MANDATS"),
                ("rejet", "retours_valeurs_contradictoires", 4, "MANDATS"),
            ],
            [3, 5],
        ),
    ],
)
def test_line_without_identity_is_rejected_and_the_others_stand(name, anomalies, lignes):
    outcomes = _read(name)
    assert _anomalies(outcomes) == anomalies
    assert [record.ligne for record in _records(outcomes)] == lignes


@pytest.mark.parametrize(
    ("name", "anomalies"),
    [
        ("valeur_negative.csv", [("avertissement", "retours_valeur_negative", 3, "-4")]),
        ("valeur_decimale.csv", [("avertissement", "retours_valeur_decimale", 3, "4,5")]),
        ("valeur_annee.csv", [("avertissement", "retours_annee_attendue", 4, "1")]),
        ("valeur_ambigue.csv", [("avertissement", "retours_valeur_ambigue", 3, "1.250")]),
        ("date_envoi_absente.csv", [("avertissement", "retours_date_envoi_illisible", 2, None)]),
        (
            "mois_en_lettres.csv",
            [
                ("avertissement", "retours_mois_en_lettres", 2, "mars-24"),
                ("avertissement", "retours_mois_en_lettres", 4, "févr-24"),
            ],
        ),
        ("ligne_repetee.csv", [("avertissement", "retours_ligne_repetee", 3, "MANDATS")]),
        ("retour_sans_valeur.csv", [("avertissement", "retours_sans_valeur", 0, None)]),
        ("entete_casse_accents.csv", [("avertissement", "retours_entete_different", 1, ", ".join(retours.COLONNES))]),
        ("colonne_inconnue.csv", [("avertissement", "retours_colonne_inconnue", 1, None)]),
        ("colonnes_sans_titre.csv", [("avertissement", "retours_colonnes_sans_titre", 1, None)]),
        ("lignes_vides.csv", [("avertissement", "retours_lignes_vides", 0, None)]),
        ("retour_lignes_vides.xlsx", [("avertissement", "retours_lignes_vides", 0, None)]),
    ],
)
def test_what_is_odd_is_told_and_lands(name, anomalies):
    outcomes = _read(name)
    assert _anomalies(outcomes) == anomalies
    assert len(_records(outcomes)) >= 1
    assert "Untel" not in repr(outcomes)


def test_a_value_that_is_no_number_is_told_but_its_text_does_not_land():
    outcomes = _read("valeur_illisible.csv")
    assert [valeur for *_, valeur in _anomalies(outcomes)] == [HIDDEN, "12 env.", "1,2E+03", HIDDEN]
    assert [record.valeur for record in _records(outcomes)] == ["12", None, None, None, None]


def test_a_siren_written_with_spaces_is_the_same_siren():
    raw = (FIXTURES / "retour_valide_utf8_bom.csv").read_bytes().replace(b"213599996", b"213 599 996")
    assert {record.siren for record in _records(_parse(raw))} == {SIREN}


def test_a_cell_beyond_the_readers_bound_is_an_open_quote():
    raw = (FIXTURES / "guillemet_non_ferme.csv").read_bytes() + b"x" * (2 << 20)
    with pytest.raises(RejectedFile, match="retours_guillemet_non_ferme"):
        _parse(raw)


def test_month_spellings_read_here_as_in_the_staging_model():
    """The unit test of stg_retours__valeurs holds every accepted spelling and its month."""
    model = yaml.safe_load(STAGING.read_text("utf-8"))
    (unit,) = [test for test in model["unit_tests"] if test["name"] == "orthographes_du_mois"]
    spellings = {row["ligne"]: row["mois"] for row in unit["given"][0]["rows"]}
    expected = {row["ligne"]: row["mois"] for row in unit["expect"]["rows"]}
    read = {ligne: mois_of(text) for ligne, text in spellings.items()}
    assert {ligne: mois and mois.isoformat() for ligne, mois in read.items()} == expected


def test_the_seed_holds_the_codes_that_indicators_rely_on():
    assert len(unites()) == 49
    assert set(unites().values()) == {"nombre", "eur", "minutes", "annee"}
    assert all(re.fullmatch(r"[A-Z0-9_]+", code) for code in unites())


def test_a_csv_of_another_source_is_not_taken_for_a_return():
    header = b"acte_id,authority_siren,type,nature_code,number,decision_date\n1,213599996,1,1,D1,2024-03-01\n"
    assert not any(f.recognise(header) for f in SOURCE.formats)


def test_a_workbook_that_claims_the_wrong_size_is_read_whole():
    assert _records(_read("classeur_dimension_fausse.xlsx")) == _records(_read("retour_valide.xlsx"))


@pytest.mark.parametrize("name", ["retour_modele.csv", "retour_modele.xlsx", "dictionnaire_retour.md"])
def test_the_committed_templates_are_what_make_docs_writes(name):
    committed, built = (modele_retour.FOLDER / name).read_bytes(), modele_retour.build()[name]
    if name.endswith(".xlsx"):
        committed, built = _members(committed), _members(built)
    assert committed == built, "lancez `make docs`"


def _members(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


FILLED = {"siren": SIREN, "collectivite": "Commune de démonstration", "mois": "03/2024", "date_envoi": "05/04/2024"}
ANSWERS = {"MANDATS": "1250", "TITRES": "NC", "COUT_IMPRESSION_EUR": "88,4", "PLIS_PAPIER": "0"}


def _filled_csv() -> bytes:
    text = (modele_retour.FOLDER / "retour_modele.csv").read_bytes().decode("cp1252")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, retours.COLONNES, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(row | FILLED | {"valeur": ANSWERS.get(row["code"], "")} for row in rows)
    return stream.getvalue().encode("cp1252")


def _filled_xlsx() -> bytes:
    """The workbook as Excel leaves it: numbers are numbers, dates are dates, formulas hold what they carried down."""
    workbook = openpyxl.load_workbook(modele_retour.FOLDER / "retour_modele.xlsx")
    sheet = workbook.worksheets[0]
    typed = {"1250": 1250, "88,4": 88.4, "0": 0}
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(retours.COLONNES, row, strict=True))
        for column, value in FILLED.items():
            cells[column].value = datetime(2024, 4, 5) if column == "date_envoi" else value
        cells["version"].value = 1
        answer = ANSWERS.get(cells["code"].value)
        cells["valeur"].value = typed.get(answer, answer)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def test_the_filled_template_reads_the_same_from_csv_and_from_excel():
    from_csv, from_xlsx = _parse(_filled_csv()), _parse(_filled_xlsx())
    assert from_csv == from_xlsx
    assert _anomalies(from_csv) == []
    assert [record.code for record in _records(from_csv)] == list(unites())
    assert {r.code: r.valeur for r in _records(from_csv) if r.valeur} == ANSWERS


def test_the_excel_template_carries_the_first_line_down():
    sheet = openpyxl.load_workbook(modele_retour.FOLDER / "retour_modele.xlsx").worksheets[0]
    assert [sheet.cell(3, rank).value for rank in range(1, 6)] == [f'=IF({c}$2="","",{c}$2)' for c in "ABCDE"]
    assert sheet.max_row == len(unites()) + 1


def test_every_code_has_its_line_in_the_dictionary():
    dictionary = (modele_retour.FOLDER / "dictionnaire_retour.md").read_text("utf-8")
    assert all(f"| `{code}` |" in dictionary for code in unites())
