"""The file of habilitations: what a spreadsheet writes is read, and nothing that is wrong opens anything."""

import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def habilitations() -> ModuleType:
    """superset/habilitations.py; its folder is no package and is only on the path while it is imported."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "superset"))
    try:
        import habilitations
    finally:
        sys.path.pop(0)
    return habilitations


RENNES, BREST = "213502388", "212900195"


@pytest.mark.parametrize(
    "content",
    [
        f"utilisateur;siren\nmairie;{RENNES}\nmairie;{BREST}\n".encode(),
        f"\ufeffUtilisateur;SIREN\r\nmairie;213 502 388\r\n;;\r\nmairie;{BREST}\r\n".encode(),
        f"utilisateur,siren,remarque\nmairie,{RENNES},à jour\n mairie , {BREST},\n".encode("cp1252"),
        f'"utilisateur";"siren"\n"mairie";"{RENNES}"\n"mairie";"{BREST}"'.encode(),
    ],
    ids=["plain", "excel", "english-excel-windows", "quoted"],
)
def test_what_a_spreadsheet_writes_is_read(habilitations: ModuleType, content: bytes) -> None:
    found = habilitations.parse(content)
    assert (found.sirens, found.problems) == ({"mairie": {RENNES, BREST}}, ())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"login;siren\nmairie;213502388\n",
        b"mairie;213502388\n",
        b"\x81\x8d\x00",
        b'utilisateur;siren\nmairie;"2135',
    ],
    ids=["empty", "other-header", "no-header", "binary", "cut"],
)
def test_a_broken_file_opens_nothing_and_says_so(habilitations: ModuleType, content: bytes) -> None:
    found = habilitations.parse(content)
    assert found.sirens == {} and "personne ne voit de ligne" in found.problems[0]


def test_a_missing_file_opens_nothing_and_says_so(habilitations: ModuleType, tmp_path: Path) -> None:
    found = habilitations.read(tmp_path / "habilitations.csv")
    assert found.sirens == {} and "personne ne voit de ligne" in found.problems[0]


@pytest.mark.parametrize("siren", ["213502389", "21350238", "2135023880", "*", "", "213502388' or '1'='1", "²13502388"])
def test_a_wrong_siren_gives_no_right_and_the_others_stay(habilitations: ModuleType, siren: str) -> None:
    found = habilitations.parse(f"utilisateur;siren\nmairie;{siren}\nepci;{BREST}\n".encode())
    assert found.sirens == {"epci": {BREST}}
    assert found.problems[0].startswith("ligne 2 : ") and "aucun droit" in found.problems[0]


def test_the_first_file_is_for_its_owner_and_never_written_over(habilitations: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "habilitations.csv"
    habilitations.write_if_missing(path, {"mairie": (RENNES,)})
    habilitations.write_if_missing(path, {"mairie": (BREST,)})
    assert habilitations.read(path).sirens == {"mairie": {RENNES}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
