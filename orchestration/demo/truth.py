"""What the observatory should find: counts written from the generator's own state, never read back from its files."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.demo.deposit import write_csv

HEADER = ("siren", "mois", "grandeur", "modalite", "nombre")
ENSEMBLE = "ensemble"


class Truth:
    """Sums by SIREN, month (first day), measure and modality (`ensemble` when the measure has none)."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, str, str, str], int | Decimal] = defaultdict(int)
        self._firsts: dict[tuple[str, str, str], date] = {}

    def add(self, siren: str, jour: date, grandeur: str, nombre: int | Decimal = 1, modalite: str = ENSEMBLE) -> None:
        """Add `nombre` to what `siren` did in the month of `jour`."""
        self._sums[siren, f"{jour.year}-{jour.month:02d}-01", grandeur, modalite] += nombre

    def set(self, siren: str, jour: date, grandeur: str, modalite: str, nombre: int | Decimal) -> None:
        """State a value that replaces any former one (the last version of a return)."""
        self._sums[siren, f"{jour.year}-{jour.month:02d}-01", grandeur, modalite] = nombre

    def first(self, siren: str, jour: date, grandeur: str, modalite: str) -> None:
        """State the earliest day of something: its month, and the day of the month as number."""
        known = self._firsts.get((siren, grandeur, modalite))
        if known is None or jour < known:
            self._firsts[siren, grandeur, modalite] = jour

    def total(self, grandeur: str, modalite: str = ENSEMBLE) -> int | Decimal:
        """Sum over every SIREN and month."""
        return sum(n for (_, _, g, m), n in self._sums.items() if (g, m) == (grandeur, modalite))

    def grandeurs(self) -> dict[str, int]:
        """How many lines each measure has."""
        counts: defaultdict[str, int] = defaultdict(int)
        for _, _, grandeur, _ in self._sums:
            counts[grandeur] += 1
        return dict(sorted(counts.items()))

    def write(self, path: Path) -> None:
        """Write verite.csv, sorted by key."""
        for (siren, grandeur, modalite), jour in self._firsts.items():
            self.set(siren, jour, grandeur, modalite, jour.day)
        write_csv(path, HEADER, ((*key, nombre) for key, nombre in sorted(self._sums.items())))
