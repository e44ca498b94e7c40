"""The files that mairies fill in, written from the list of codes: `make docs` rewrites them, a test holds them to it.

retour_modele.csv       cp1252 and `;`, as a French Excel opens and saves it
retour_modele.xlsx      the same table; what is typed on the first line is carried down to the others
dictionnaire_retour.md  what each column and code means, and what the observatory answers when a file is wrong
"""

import csv
import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.ingest.readers import NOMENCLATURES
from orchestration.ingest.retours import COLONNES, SOURCE

FOLDER = Path(__file__).parent / "ingest" / "modeles"

CARRIED_DOWN = ("siren", "collectivite", "mois", "version", "date_envoi")
EXCEL_FORMATS = {"siren": "@", "mois": "@", "date_envoi": "dd/mm/yyyy", "valeur": "General"}
WIDTHS = (13, 30, 11, 9, 13, 34, 58, 12, 40)
FIXED_DATE = datetime(2024, 1, 1)

DESCRIPTIONS = {
    "siren": "Les 9 chiffres du SIREN de la collectivité (le début de son SIRET). Obligatoire.",
    "collectivite": "Le nom de la collectivité, pour se relire.",
    "mois": "Le mois déclaré, MM/AAAA : `03/2024` pour mars 2024. Obligatoire.",
    "version": "`1` pour un premier envoi, `2` pour une première correction, et ainsi de suite. Obligatoire.",
    "date_envoi": "Le jour où le fichier est envoyé, JJ/MM/AAAA.",
    "code": "Le code de la donnée, à ne pas modifier. Obligatoire.",
    "libelle": "Ce que le code veut dire, pour se relire.",
    "valeur": "Un nombre seul ; `NC` si la valeur n’est pas connue ; case vide si la question n’a pas été traitée.",
    "commentaire": "Pour soi : cette colonne n’est jamais conservée par l’observatoire.",
}
PROCESSUS = {
    "marches": "Marchés publics",
    "actes": "Actes soumis au contrôle de légalité",
    "helios": "Comptabilité (Hélios)",
    "factures": "Factures",
    "parapheur": "Parapheur",
    "archivage": "Archivage",
    "panel": "Relevé du panel",
    "conformite": "Obligations réglementaires",
    "couts": "Coûts et temps passés",
}
UNITES = {"nombre": "nombre entier", "eur": "euros TTC", "minutes": "minutes", "annee": "année, ou 0"}

MODE_EMPLOI = (
    "Comment remplir ce retour",
    "1. Sur la première ligne, écrivez le SIREN, le nom, le mois, la version et la date d’envoi : ils se recopient.",
    "2. Dans la colonne « valeur », écrivez un nombre seul, sans unité.",
    "3. Écrivez NC quand vous ne connaissez pas la valeur ; laissez vide ce que vous n’avez pas traité.",
    "4. Ne modifiez ni les codes ni les titres des colonnes.",
    "5. Un fichier par collectivité. Pour corriger, renvoyez les lignes à corriger avec le numéro de version suivant.",
    "Les codes sont expliqués dans le dictionnaire du retour (dictionnaire_retour.md).",
)


def build() -> dict[str, bytes]:
    """The content of each file, by name: the same bytes for the same seed."""
    codes = _codes()
    return {
        "retour_modele.csv": _csv_template(codes),
        "retour_modele.xlsx": _xlsx_template(codes),
        "dictionnaire_retour.md": _dictionary(codes).encode("utf-8"),
    }


def _codes() -> list[dict[str, str]]:
    with (NOMENCLATURES / "ref_codes_retour.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _row(code: dict[str, str]) -> list[str]:
    known = {"version": "1", "code": code["code"], "libelle": code["libelle"]}
    return [known.get(column, "") for column in COLONNES]


def _csv_template(codes: list[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLONNES)
    writer.writerows(_row(code) for code in codes)
    return text.getvalue().encode("cp1252")


def _xlsx_template(codes: list[dict[str, str]]) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Retour"
    sheet.append(COLONNES)
    for code in codes:
        sheet.append([cell or None for cell in _row(code)])
    _carry_down(sheet, len(codes))
    _dress(sheet, len(codes))
    help_sheet = workbook.create_sheet("Mode d’emploi")
    for line in MODE_EMPLOI:
        help_sheet.append([line])
    help_sheet["A1"].font = Font(bold=True, size=14)
    help_sheet.column_dimensions["A"].width = 120
    workbook.properties.creator = "Observatoire de l’administration numérique"
    workbook.properties.created = FIXED_DATE
    return _without_clock(workbook)


def _carry_down(sheet: Worksheet, nb_codes: int) -> None:
    """Make each line repeat what the first one says of the collectivité, the month and the sending."""
    for column in CARRIED_DOWN:
        rank = COLONNES.index(column) + 1
        first = sheet.cell(2, rank)
        if first.value:
            first.value = int(first.value)
        reference = f"{first.column_letter}$2"
        for row in range(3, nb_codes + 2):
            sheet.cell(row, rank).value = f'=IF({reference}="","",{reference})'


def _dress(sheet: Worksheet, nb_codes: int) -> None:
    for rank, (column, width) in enumerate(zip(COLONNES, WIDTHS, strict=True), start=1):
        title = sheet.cell(1, rank)
        title.font = Font(bold=True, color="FFFFFF")
        title.fill = PatternFill("solid", start_color="0B5FA5")
        sheet.column_dimensions[title.column_letter].width = width
        for row in range(2, nb_codes + 2):
            cell = sheet.cell(row, rank)
            cell.number_format = EXCEL_FORMATS.get(column, "General")
            cell.alignment = Alignment(horizontal="right" if column == "valeur" else "left")
            if column == "valeur" or (row == 2 and column in CARRIED_DOWN):
                cell.fill = PatternFill("solid", start_color="FFF4CC")
    sheet.freeze_panes = "A2"


def _without_clock(workbook: Workbook) -> bytes:
    """The workbook's bytes without the time of writing, stored uncompressed: the same on every machine."""
    saved, fixed = io.BytesIO(), io.BytesIO()
    workbook.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = FIXED_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            target.writestr(zipfile.ZipInfo(name, FIXED_DATE.timetuple()[:6]), content)
    return fixed.getvalue()


def _dictionary(codes: list[dict[str, str]]) -> str:
    lines = [
        "# Dictionnaire du retour des collectivités",
        "",
        "Ce fichier est écrit d’après la liste des codes (`make docs`) : ne le modifiez pas à la main.",
        "",
        "## Remplir le retour",
        "",
        *(f"- {line.split('. ', 1)[1]}" for line in MODE_EMPLOI if line[0].isdigit()),
        "- Le modèle existe en Excel (`retour_modele.xlsx`) et en CSV (`retour_modele.csv`) : envoyez l’un ou l’autre. "
        "Dans le modèle CSV, remplissez les premières colonnes sur chaque ligne.",
        "- Un fichier par mois, ou jusqu’à douze mois dans le même fichier : recopiez alors le tableau sous lui-même "
        "et écrivez le mois sur chaque ligne.",
        "",
        "## Les colonnes",
        "",
        "| colonne | ce qu’il faut écrire |",
        "|---|---|",
        *(f"| `{column}` | {DESCRIPTIONS[column]} |" for column in COLONNES),
        "",
        "## Les codes",
    ]
    for processus, title in PROCESSUS.items():
        rows = [code for code in codes if code["processus"] == processus]
        lines += ["", f"### {title}", "", "| code | donnée | unité | ce qu’il faut compter |", "|---|---|---|---|"]
        lines += [f"| `{c['code']}` | {c['libelle']} | {UNITES[c['unite']]} | {c['description']} |" for c in rows]
    return "\n".join([*lines, *_answers(), ""])


def _answers() -> list[str]:
    messages = [
        message.replace(" Reçu : « {valeur} ».", "").replace("« {valeur} »", "…").format(valeur="…", champ="…")
        for message in SOURCE.codes.values()
    ]
    return [
        "",
        "## Ce que l’observatoire peut répondre",
        "",
        "Chaque réponse dit la ligne du fichier et ce qu’il faut faire ; … est ce qui a été reçu.",
        "",
        *(f"- {message}" for message in messages),
    ]


def main() -> None:
    """Write the three files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in build().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
