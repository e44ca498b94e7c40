"""The bytes of the demonstration: files of the deposit, their list, the planted defects.

Everything written here depends on the parameters alone: archives and workbooks carry no date, lists keep the order of
writing. A new demonstration takes the place of the former one; what of it was already read by the observatory stays
listed in fichiers.csv, since that list is what tells demonstration rows from real ones.
"""

import csv
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

FICHIERS_HEADER = ("sha256", "source", "chemin", "statut_attendu")
DEFAUTS_HEADER = ("sha256", "source", "nom_fichier", "ligne", "code_attendu")


class Deposit:
    """Writes files under `home/depot/<source>/` and remembers what each of them is expected to become."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._fichiers: list[tuple[str, str, str, str]] = []
        self._defauts: list[tuple[str, str, str, int, str]] = []
        self._anciens = self._withdraw_former_demonstration()

    def write(self, source: str, nom: str, contenu: bytes, statut: str = "integre") -> str:
        """Drop one file; `statut` is what the landing should say of it. Returns its SHA-256."""
        sha256 = hashlib.sha256(contenu).hexdigest()
        path = self._home / "depot" / source / nom
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contenu)
        self._fichiers.append((sha256, source, nom, statut))
        return sha256

    def copy(self, source: str, nom: str, nouveau_nom: str) -> None:
        """Drop a file once more under another name, which must sort after the first: a `doublon`."""
        self.write(source, nouveau_nom, self.read(source, nom), "doublon")

    def read(self, source: str, nom: str) -> bytes:
        """Bytes of a file already dropped."""
        return (self._home / "depot" / source / nom).read_bytes()

    def names(self, source: str) -> list[str]:
        """Names of the files dropped for a source, in the order of reading."""
        return sorted(nom for _, dropped_for, nom, _ in self._fichiers if dropped_for == source)

    def plant(self, source: str, nom: str, contenu: bytes, statut: str, defauts: Iterable[tuple[int, str]]) -> None:
        """Drop a file with known defects: (line, expected anomaly code), line 0 for the file as a whole."""
        sha256 = self.write(source, nom, contenu, statut)
        self._defauts.extend((sha256, source, nom, ligne, code) for ligne, code in defauts)

    def count(self, source: str) -> int:
        """How many files were dropped for a source."""
        return sum(row[1] == source for row in self._fichiers)

    def summary(self) -> str:
        """How many files and planted defects, in French."""
        return f"{len(self._fichiers)} fichiers, {len(self._defauts)} défauts semés"

    def write_lists(self) -> None:
        """Write fichiers.csv and defauts.csv, next to the truth."""
        folder = self._home / "demonstration"
        listed = {row[0] for row in self._fichiers}
        anciens = [row for row in self._anciens if row[0] not in listed]
        write_csv(folder / "fichiers.csv", FICHIERS_HEADER, [*self._fichiers, *anciens])
        write_csv(folder / "defauts.csv", DEFAUTS_HEADER, self._defauts)

    def _withdraw_former_demonstration(self) -> list[tuple[str, ...]]:
        """Take back the former demonstration's unread files; return the lines of those already read."""
        path = self._home / "demonstration" / "fichiers.csv"
        if not path.exists():
            return []
        read = []
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                dropped = self._home / "depot" / row["source"] / row["chemin"]
                if dropped.is_file() and hashlib.sha256(dropped.read_bytes()).hexdigest() == row["sha256"]:
                    dropped.unlink()
                else:
                    read.append(tuple(row[name] for name in FICHIERS_HEADER))
        return read


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV of ours: `,`, UTF-8, line feeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def csv_bytes(rows: Iterable[Sequence[object]], separator: str, encoding: str, newline: str = "\n") -> bytes:
    """A CSV as a platform or an office program writes it."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator=newline).writerows(rows)
    return buffer.getvalue().encode(encoding)


def tar_gz(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A `.tar.gz` without owner nor date."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(archive.getvalue(), compresslevel=6, mtime=0)


_WORKBOOK_PARTS = (
    (
        "[Content_Types].xml",
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    ),
    (
        "_rels/.rels",
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
    ),
    (
        "xl/workbook.xml",
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Retour" sheetId="1" r:id="rId1"/></sheets></workbook>',
    ),
    (
        "xl/_rels/workbook.xml.rels",
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
    ),
)
_XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def xlsx_bytes(rows: Iterable[Sequence[str | int | float]]) -> bytes:
    """A one-sheet workbook: texts as inline strings, numbers as numbers.

    Written by hand, since openpyxl stamps the current time into every workbook it saves.
    """
    body = "".join(f"<row>{''.join(_cell(value) for value in row)}</row>" for row in rows)
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{body}</sheetData></worksheet>"
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as workbook:
        for name, content in (*_WORKBOOK_PARTS, ("xl/worksheets/sheet1.xml", sheet)):
            info = zipfile.ZipInfo(name, ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            workbook.writestr(info, _XML_DECLARATION + content)
    return archive.getvalue()


def _cell(value: str | int | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def escape(text: str) -> str:
    """Text made safe for XML content and attributes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
