"""The committed référentiel: what the seeds must hold, and the rules that write them."""

import csv
from collections import Counter
from itertools import chain, pairwise

import pytest

from orchestration import referentiel
from orchestration.ingest.readers import is_luhn


def seed(name: str) -> list[dict[str, str]]:
    with (referentiel.SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


COMMUNES = seed("ref_communes")
EPCI = seed("ref_epci")
HORS_COG = seed("ref_collectivites_hors_cog")
CLASSES = seed("ref_classes_taille")
STRATES_COMMUNES = (186, 258, 523, 101, 94, 29, 6, 3, 2)


def population_of(communes: list[dict[str, str]]) -> int:
    return sum(int(commune["population"]) for commune in communes)


def classes_of(type_collectivite: str, population: int) -> list[str]:
    return [
        classe["classe_taille"]
        for classe in CLASSES
        if classe["type_collectivite"] == type_collectivite
        and int(classe["population_min"] or 0) <= population <= int(classe["population_max"] or population)
    ]


def test_bretagne_has_1202_communes_by_departement():
    counts = Counter(commune["code_departement"] for commune in COMMUNES)
    assert counts == {"22": 344, "29": 277, "35": 332, "56": 249}


def test_bretagne_has_61_epci_of_three_types():
    assert Counter(epci["type_epci"] for epci in EPCI) == {"CC": 42, "CA": 17, "METRO": 2}


def test_population_of_bretagne_is_the_legal_one():
    assert population_of(COMMUNES) == 3_449_370


def test_every_siren_passes_luhn_and_appears_once():
    sirens = [row["siren"] for row in chain(COMMUNES, EPCI, HORS_COG)]
    assert all(len(siren) == 9 and is_luhn(siren) for siren in sirens)
    assert len(sirens) == len(set(sirens)) == 1202 + 61 + 6


def test_code_insee_is_unique_and_starts_with_its_departement():
    assert len({commune["code_insee"] for commune in COMMUNES}) == 1202
    assert all(commune["code_insee"].startswith(commune["code_departement"]) for commune in COMMUNES)


def test_only_three_islands_have_no_epci():
    assert [commune["code_insee"] for commune in COMMUNES if not commune["siren_epci"]] == ["22016", "29083", "29155"]


def test_two_epci_straddle_the_region_and_only_one_has_a_breton_minority():
    straddling = {
        epci["siren"]: (int(epci["nb_communes_bretonnes"]), int(epci["nb_communes"]))
        for epci in EPCI
        if epci["nb_communes_bretonnes"] != epci["nb_communes"]
    }
    assert straddling == {"243500741": (23, 31), "244400610": (3, 15)}


def test_communes_and_epci_count_each_other():
    members = Counter(commune["siren_epci"] for commune in COMMUNES if commune["siren_epci"])
    assert members == {epci["siren"]: int(epci["nb_communes_bretonnes"]) for epci in EPCI}


def test_population_of_an_epci_wholly_breton_is_that_of_its_communes():
    for epci in EPCI:
        if epci["nb_communes"] == epci["nb_communes_bretonnes"]:
            members = [commune for commune in COMMUNES if commune["siren_epci"] == epci["siren"]]
            assert population_of(members) == int(epci["population"]), epci["nom"]


def test_seat_is_in_the_departement_that_the_siren_remembers():
    # Until 2013 a SIREN of EPCI carried its département after "24": an independent witness of the seat.
    old = [epci for epci in EPCI if epci["siren"].startswith("24")]
    assert len(old) > 30
    assert all(epci["siren"][2:4] == epci["code_departement"] for epci in old)


def test_hand_kept_populations_are_those_of_the_communes():
    for row in HORS_COG:
        code = row["code_departement"]
        expected = population_of([c for c in COMMUNES if code in ("", c["code_departement"])])
        assert row["population"] == ("" if row["type_collectivite"] == "syndicat" else str(expected)), row["nom"]


def test_size_classes_cut_the_communes_into_the_known_strates():
    counts = Counter(chain.from_iterable(classes_of("commune", int(c["population"])) for c in COMMUNES))
    labels = [classe["classe_taille"] for classe in CLASSES if classe["type_collectivite"] == "commune"]
    assert tuple(counts[label] for label in labels) == STRATES_COMMUNES


@pytest.mark.parametrize("type_collectivite", ["commune", "epci"])
def test_size_classes_leave_no_gap_and_no_overlap(type_collectivite):
    bounds = [
        (classe["population_min"], classe["population_max"])
        for classe in CLASSES
        if classe["type_collectivite"] == type_collectivite
    ]
    assert bounds[0][0] == "0" and bounds[-1][1] == ""
    assert all(int(low) == int(high) + 1 for (_, high), (low, _) in pairwise(bounds))


def test_every_departement_mentioned_has_a_name():
    mentioned = {row["code_departement"] for row in chain(COMMUNES, EPCI, HORS_COG)} - {""}
    assert mentioned == {row["code_departement"] for row in seed("ref_departements")}


@pytest.mark.parametrize(
    ("name", "rows"), [("ref_matieres_acte", 66), ("ref_natures_acte", 6), ("ref_statuts_acte", 24)]
)
def test_codes_of_actes_are_complete_and_unique(name, rows):
    with (referentiel.SEEDS.parent / "nomenclatures" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    assert len(codes) == len(set(codes)) == rows


RATTACHEMENTS = seed("ref_rattachements")
FUSIONS = seed("ref_communes_fusionnees")


def test_every_commune_of_today_has_its_epci_of_today_open_in_the_dated_seed():
    current = {(row["siren"], row["siren_epci"]) for row in RATTACHEMENTS if not row["valide_au"]}
    assert current == {(row["siren"], row["siren_epci"]) for row in COMMUNES}


def test_dated_periods_of_a_commune_never_overlap():
    periods = sorted((row["siren"], row["valide_du"], row["valide_au"] or "9999") for row in RATTACHEMENTS)
    assert all(a[0] != b[0] or a[2] < b[1] for a, b in pairwise(periods))


def test_eleven_sirens_disappeared_into_five_communes_of_today():
    communes = {row["siren"]: row["nom"] for row in COMMUNES}
    assert len(FUSIONS) == 11
    assert not {row["siren_ancien"] for row in FUSIONS} & communes.keys()
    names = {communes[row["siren"]] for row in FUSIONS}
    assert names >= {"Saint-Gérand-Croixanvec", "La Chapelle-Fleurigné", "Val-d'Arguenon"}
    assert len(names) == 5


# The rules, on a territory of three communes.

RENNES = {"code": "35238", "nom": "Rennes", "type": "commune-actuelle", "departement": "35", "region": "53"}
GUER = {"code": "56075", "nom": "Guer", "type": "commune-actuelle", "departement": "56", "region": "53"}
NANTES = {"code": "44109", "nom": "Nantes", "type": "commune-actuelle", "departement": "44", "region": "52"}
TERRITOIRE = [
    RENNES | {"siren": "213502388", "population": 30},
    GUER | {"siren": "215600750", "population": 10},
    NANTES | {"siren": "214401093", "population": 40},
    {"code": "35238", "nom": "Bourg délégué", "type": "commune-deleguee", "departement": "35", "region": "53"},
]


def groupement(*codes: str) -> dict[str, object]:
    membres = [{"code": code} for code in codes]
    return {"code": "243500139", "nom": "Groupement", "type": "CC", "membres": membres}


def test_commune_deleguee_is_no_collectivite():
    rows = referentiel.commune_rows(TERRITOIRE, [groupement("35238")])
    assert [(row["nom"], row["siren_epci"]) for row in rows] == [("Rennes", "243500139"), ("Guer", "")]


def test_epci_sits_where_most_of_its_inhabitants_live():
    row = referentiel.epci_rows(TERRITOIRE, [groupement("35238", "56075", "44109")])[0]
    assert (row["code_departement"], row["population"]) == ("44", 80)
    assert (row["nb_communes"], row["nb_communes_bretonnes"]) == (3, 2)


def test_epci_without_breton_commune_is_left_out():
    assert referentiel.epci_rows(TERRITOIRE, [groupement("44109")]) == []


@pytest.mark.parametrize("siren", ["213502389", "21350238", "", "2135O2388"])
def test_broken_siren_stops_the_generation(siren):
    with pytest.raises(referentiel.UnusableReferentiel, match="SIREN invalide pour Rennes"):
        referentiel.check_sirens([{"nom": "Rennes", "siren": siren}])


def test_repeated_siren_stops_the_generation():
    with pytest.raises(referentiel.UnusableReferentiel, match="deux fois"):
        referentiel.check_sirens([TERRITOIRE[0], TERRITOIRE[0]])


# Two vintages of one commune that takes in its neighbour, and moves to another EPCI.


def vintage(annee, communes, chefs_lieux=None):
    return referentiel.Vintage(annee, communes, chefs_lieux or {})


AVANT = vintage(2023, {"35001": ("1", "A", "9"), "35002": ("2", "B", "9"), "35003": ("3", "C", "9")})
APRES = vintage(2024, {"35001": ("4", "A-B", "9"), "35003": ("3", "C", "8")}, {"35002": "35001"})


def test_a_siren_that_disappears_points_to_the_commune_of_today():
    rows = referentiel.fusion_rows(
        [AVANT, APRES, vintage(2025, {"35001": ("5", "A-B", "9"), "35003": ("3", "C", "8")})]
    )
    assert [(row["siren_ancien"], row["siren"], row["date_fusion"]) for row in rows] == [
        ("1", "5", "2024-01-01"),
        ("2", "5", "2024-01-01"),
        ("4", "5", "2025-01-01"),
    ]


def test_a_commune_that_nobody_takes_over_stops_the_generation():
    with pytest.raises(referentiel.UnusableReferentiel, match="B"):
        referentiel.fusion_rows([AVANT, vintage(2024, {"35001": ("1", "A", "9"), "35003": ("3", "C", "9")})])


def test_a_membership_is_closed_when_it_changes_and_open_when_it_lasts():
    rows = referentiel.rattachement_rows([AVANT, APRES])
    assert [(row["siren"], row["siren_epci"], row["valide_du"], row["valide_au"]) for row in rows] == [
        ("1", "9", "2023-01-01", "2023-12-31"),
        ("2", "9", "2023-01-01", "2023-12-31"),
        ("3", "8", "2024-01-01", ""),
        ("3", "9", "2023-01-01", "2023-12-31"),
        ("4", "9", "2024-01-01", ""),
    ]


def test_a_vintage_without_siren_takes_those_of_its_epci_or_of_the_next():
    communes = [{"code": c, "nom": c, "type": "commune-actuelle", "region": "53"} for c in ("29155", "35001")]
    epci = [{"code": "9", "membres": [{"code": "35001", "siren": "1"}]}]
    later = vintage(2022, {"29155": ("7", "Île", ""), "35001": ("1", "A", "9")})
    assert referentiel.vintage_of(2021, communes, epci, later).communes == {
        "29155": ("7", "29155", ""),
        "35001": ("1", "35001", "9"),
    }
