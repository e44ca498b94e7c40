"""The committed contours: complete, closed, where Bretagne is, as large as it is, and drawn the same each time."""

import csv
import json
import math
from collections import defaultdict
from itertools import pairwise

import pytest

from orchestration import contours, contours_trace
from orchestration.referentiel import SEEDS, write_csv

# Cadastral area (INSEE). The limits of IGN also hold estuaries and waters of the public domain: about 1.1 % more.
CADASTRAL_KM2 = 27_208
SANS_EPCI = {"22016", "29083", "29155"}
Ring = list[tuple[float, float]]


def seed(name: str) -> list[dict[str, str]]:
    csv.field_size_limit(1_000_000)
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rings(level: str) -> dict[str, list[Ring]]:
    """Territory → its rings, from the largest."""
    found = defaultdict(list)
    for row in seed(f"ref_contours_{level}"):
        found[row[contours.COLUMNS[level]]].append([tuple(point) for point in json.loads(row["contour"])])
    return found


def km2(ring: Ring) -> float:
    """Area of a ring, by the projection that keeps areas on a sphere."""
    radius = 6_371.007
    points = [(math.radians(lon), math.sin(math.radians(lat))) for lon, lat in ring]
    double = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(points))
    return radius**2 * abs(double) / 2


@pytest.fixture(params=["epci", "departements"])
def level(request: pytest.FixtureRequest) -> str:
    return request.param


def test_each_epci_is_drawn_and_the_islands_without_one_are_a_member():
    assert rings("epci").keys() == {epci["siren"] for epci in seed("ref_epci")} | {contours_trace.SANS_EPCI}
    assert len(rings("epci")[contours_trace.SANS_EPCI]) == 3


def test_the_epci_of_every_commune_is_drawn():
    drawn = rings("epci").keys()
    assert {code for code, (epci, _) in contours_trace.communes().items() if epci not in drawn} == set()
    without = {code for code, (epci, _) in contours_trace.communes().items() if epci == contours_trace.SANS_EPCI}
    assert without == SANS_EPCI


def test_the_four_departements_are_drawn():
    assert rings("departements").keys() == {"22", "29", "35", "56"}


def test_rings_are_closed_and_inside_bretagne(level: str):
    for name, parts in rings(level).items():
        for ring in parts:
            assert ring[0] == ring[-1] and len(ring) >= 4, name
            assert all(-5.2 < lon < -1.0 and 47.2 < lat < 48.95 for lon, lat in ring), name


def test_parts_are_ranked_from_the_largest(level: str):
    for row, following in zip(seed(f"ref_contours_{level}"), seed(f"ref_contours_{level}")[1:], strict=False):
        same = row[contours.COLUMNS[level]] == following[contours.COLUMNS[level]]
        assert int(following["rang"]) == (int(row["rang"]) + 1 if same else 1)
    assert all(sorted(map(km2, parts), reverse=True) == [km2(p) for p in parts] for parts in rings(level).values())


def test_the_whole_is_as_large_as_bretagne(level: str):
    total = sum(km2(ring) for parts in rings(level).values() for ring in parts)
    assert total == pytest.approx(CADASTRAL_KM2, rel=0.015)


def test_epci_and_departements_cover_the_same_ground():
    totals = [sum(km2(r) for parts in rings(one).values() for r in parts) for one in contours.COLUMNS]
    assert totals[0] == pytest.approx(totals[1], rel=0.001)


def test_neighbours_share_their_border():
    """A border that two neighbours drew each on its own would leave slits of another colour on the map."""
    owners = defaultdict(set)
    for name, parts in rings("epci").items():
        for ring in parts:
            for segment in pairwise(ring):
                owners[frozenset(segment)].add(name)
    shared = sum(len(names) == 2 for names in owners.values())
    assert shared > len(owners) / 3
    assert max(len(names) for names in owners.values()) == 2


def test_seeds_are_small_and_written_the_same_each_time(level: str, tmp_path):
    path = SEEDS / f"ref_contours_{level}.csv"
    again = tmp_path / path.name
    column = contours.COLUMNS[level]
    rows = [(row[column], int(row["rang"]), row["contour"]) for row in seed(path.stem)]
    write_csv(again, (column, "rang", "contour"), contours.seed_rows(level, rows))
    assert again.read_bytes() == path.read_bytes()
    assert path.stat().st_size < 300_000
    assert all(json.dumps(json.loads(row[2]), separators=(",", ":")) == row[2] for row in rows)


def test_an_enclave_is_reached_by_a_path_walked_both_ways():
    class Polygon:
        class exterior:
            coords = ((0, 0), (9, 0), (9, 9), (0, 9), (0, 0))

        class Hole:
            coords = ((4, 4), (4, 5), (5, 5), (5, 4), (4, 4))

        interiors = (Hole,)

    ring = contours_trace.keyhole(Polygon)
    assert ring[0] == ring[-1] and len(ring) == 5 + 5 + 1
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2
    assert area == 81 - 1
