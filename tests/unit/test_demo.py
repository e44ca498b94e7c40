"""The demonstration deposit: deterministic, complete, coherent with its own truth, and independent of the parsers."""

import ast
import csv
import hashlib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration import demo
from orchestration.demo.generator import write_demo
from orchestration.demo.territory import luhn_key, read_territory, siret

ECHELLE, ANNEES, GRAINE = 0.004, 1, 7
SOURCES = {
    "accompagnement",
    "actes",
    "adhesions",
    "archivage",
    "consultations",
    "enquetes",
    "comptes",
    "helios",
    "marches",
    "programmes",
    "retours",
    "services",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("observatoire")
    write_demo(folder, ECHELLE, ANNEES, GRAINE)
    return folder


def rows(home: Path, name: str) -> list[dict[str, str]]:
    with (home / "demonstration" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truth(home: Path) -> dict[tuple[str, str], dict[tuple[str, str], Decimal]]:
    """(measure, modality) → (SIREN, month) → number."""
    values: defaultdict[tuple[str, str], dict[tuple[str, str], Decimal]] = defaultdict(dict)
    for row in rows(home, "verite"):
        values[row["grandeur"], row["modalite"]][row["siren"], row["mois"]] = Decimal(row["nombre"])
    return dict(values)


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_parameters_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, ECHELLE, ANNEES, GRAINE)
    assert digest(tmp_path) == digest(home)


def test_another_seed_gives_other_bytes(home: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, ECHELLE, ANNEES, GRAINE + 1)
    assert digest(tmp_path) != digest(home)


def test_a_new_deposit_takes_the_place_of_the_former_one(home: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, ECHELLE, ANNEES, GRAINE + 1)
    read = next((tmp_path / "depot" / "helios").glob("PESALR2_*.xml"))
    kept = hashlib.sha256(read.read_bytes()).hexdigest()
    read.unlink()
    (tmp_path / "depot" / "actes" / "reel.csv").write_bytes(b"a file that is not ours")
    write_demo(tmp_path, ECHELLE, ANNEES, GRAINE)
    assert digest(tmp_path / "depot").keys() == {*digest(home / "depot"), "actes/reel.csv"}
    assert kept in {row["sha256"] for row in rows(tmp_path, "fichiers")}


def test_parameters_out_of_bounds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ECHELLE"):
        write_demo(tmp_path, 0, 1, 1)


def test_every_source_is_there_and_every_file_is_listed(home: Path) -> None:
    listed = {f"{row['source']}/{row['chemin']}": row["sha256"] for row in rows(home, "fichiers")}
    assert digest(home / "depot") == listed
    assert {row["source"] for row in rows(home, "fichiers")} == SOURCES


def test_every_expected_status_is_there_for_every_source(home: Path) -> None:
    by_source = defaultdict(set)
    for row in rows(home, "fichiers"):
        by_source[row["source"]].add(row["statut_attendu"])
    for source in SOURCES:
        assert by_source[source] >= {"integre", "rejete", "doublon"}, source
    assert set().union(*by_source.values()) == {"integre", "integre_avec_rejets", "rejete", "doublon"}


def test_defects_belong_to_listed_files_and_their_codes_exist(home: Path) -> None:
    from orchestration.ingest.landing import FILE_CODES
    from orchestration.ingest.sources import SOURCES as register

    codes = {source.name: source.codes.keys() | FILE_CODES.keys() for source in register}
    listed = {(row["sha256"], row["source"], row["chemin"]) for row in rows(home, "fichiers")}
    defauts = rows(home, "defauts")
    assert {(row["sha256"], row["source"], row["nom_fichier"]) for row in defauts} <= listed
    assert [row for row in defauts if row["code_attendu"] not in codes[row["source"]]] == []
    assert min(Counter(row["source"] for row in defauts).values()) >= 4


def test_acts_by_nature_add_up(truth: dict[tuple[str, str], dict[tuple[str, str], Decimal]]) -> None:
    for grandeur in ("actes_transmis", "actes_acquittes"):
        by_nature = sum(sum(truth.get((grandeur, nature), {}).values()) for nature in "123456")
        assert by_nature == sum(truth[grandeur, "ensemble"].values()) > 0


def test_parts_never_exceed_their_whole(truth: dict[tuple[str, str], dict[tuple[str, str], Decimal]]) -> None:
    pairs = [
        (("actes_acquittes", "ensemble"), ("actes_transmis", "ensemble")),
        (("pes_bordereaux_signes", "ensemble"), ("pes_bordereaux", "ensemble")),
        (("pes_pj_dematerialisees", "ensemble"), ("pes_pj", "ensemble")),
        (("pes_flux_rejetes", "ensemble"), ("pes_flux", "ensemble")),
        (("archives_transferts_acceptes", "ensemble"), ("archives_transferts", "ensemble")),
        (("retour", "PLIS_PAPIER"), ("retour", "PLIS_TOTAL")),
        (("retour", "FACTURES_RECUES_ELEC"), ("retour", "FACTURES_RECUES")),
        (("retour", "MARCHES_BOUT_EN_BOUT"), ("retour", "MARCHES_SIGNES_ELEC")),
        (("retour", "DOCUMENTS_SIGNES_PARAPHEUR"), ("retour", "DOCUMENTS_SIGNABLES")),
        (("retour", "ASAP_DEMAT"), ("retour", "ASAP_EMIS")),
    ]
    for part, whole in pairs:
        wholes = truth[whole]
        assert [key for key, nombre in truth.get(part, {}).items() if key in wholes and nombre > wholes[key]] == [], (
            part
        )


def test_declared_totals_are_never_below_what_the_platforms_saw(
    truth: dict[tuple[str, str], dict[tuple[str, str], Decimal]],
) -> None:
    pairs = [(("actes_transmis", n), ("retour", f"ACTES_TRANSMISSIBLES_{n}")) for n in "123456"]
    pairs += [
        (("consultations_mises_en_ligne", "ensemble"), ("retour", "CONSULTATIONS_LANCEES")),
        (("plis_electroniques", "ensemble"), ("retour", "PLIS_TOTAL")),
        (("retraits_electroniques", "ensemble"), ("retour", "RETRAITS_DCE_TOTAL")),
        (("marches_notifies", "ensemble"), ("retour", "MARCHES_NOTIFIES")),
        (("pes_mandats", "accepte"), ("retour", "MANDATS")),
        (("pes_titres", "accepte"), ("retour", "TITRES")),
        (("pes_pj", "accepte"), ("retour", "PJ")),
        (("pes_bordereaux_signes", "accepte"), ("retour", "BORDEREAUX")),
        (("archives_transferts_acceptes", "ensemble"), ("retour", "DOSSIERS_CLOS")),
    ]
    for seen, declared in pairs:
        totals = truth.get(declared, {})
        above = [key for key, nombre in truth.get(seen, {}).items() if key in totals and nombre > totals[key]]
        assert above == [], (seen, declared)


@pytest.mark.parametrize("code", ["CONSULTATIONS_LANCEES", "PLIS_TOTAL", "BORDEREAUX", "DOSSIERS_CLOS"])
def test_who_answers_answers_for_every_process(
    truth: dict[tuple[str, str], dict[tuple[str, str], Decimal]], code: str
) -> None:
    """All but a few, each quarter at least, and 0 is an answer."""
    quarter_ends = ("-03-01", "-06-01", "-09-01", "-12-01")
    answered = {key for key in truth["retour", "ACTES_TRANSMISSIBLES_1"] if key[1].endswith(quarter_ends)}
    assert len(answered & truth["retour", code].keys()) > 0.85 * len(answered)
    assert Decimal(0) in truth["retour", code].values()


@pytest.mark.parametrize(
    ("seen", "declared"),
    [
        (("consultations_mises_en_ligne", "ensemble"), ("retour", "CONSULTATIONS_LANCEES")),
        (("plis_electroniques", "ensemble"), ("retour", "PLIS_TOTAL")),
        (("pes_bordereaux_signes", "accepte"), ("retour", "BORDEREAUX")),
    ],
)
def test_the_rates_of_the_territory_are_believable(
    truth: dict[tuple[str, str], dict[tuple[str, str], Decimal]], seen: tuple[str, str], declared: tuple[str, str]
) -> None:
    """Some of it, and not all, goes by the platform: tenders more than accounts."""
    whole = truth[declared]
    part = sum(nombre for key, nombre in truth[seen].items() if key in whole)
    assert Decimal("0.5") < part / sum(whole.values()) < 1


def test_every_invented_body_has_a_name(home: Path) -> None:
    contents = "".join(path.read_text("utf-8") for path in (home / "depot" / "marches").glob("decp_*_v1.json"))
    for collectivite in read_territory(ANNEES, GRAINE).collectivites:
        assert collectivite.est_compte or f'"nom": "{collectivite.nom}"' in contents


def test_invented_bodies_never_answer(truth: dict[tuple[str, str], dict[tuple[str, str], Decimal]]) -> None:
    invented = {c.siren for c in read_territory(ANNEES, GRAINE).collectivites if not c.est_compte}
    assert len(invented) == 6
    returned = {siren for (grandeur, _), values in truth.items() if grandeur == "retour" for siren, _ in values}
    assert not returned & invented


def test_the_largest_one_percent_weigh_about_two_fifths() -> None:
    poids = sorted(read_territory(2, 2013).poids.tolist(), reverse=True)
    assert sum(poids) == pytest.approx(1)
    assert 0.3 < sum(poids[: round(len(poids) / 100)]) < 0.5


def test_invented_identifiers_pass_the_luhn_check() -> None:
    assert luhn_key("21220001") == "8"
    assert siret("225600014") == "22560001400016"


def test_nothing_is_imported_from_the_parsers() -> None:
    folder = Path(demo.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            for name in [f"{module}.{name}" for name in names]:
                assert not name.strip(".").startswith(("orchestration.ingest", "pandas", "faker")), (path.name, name)
