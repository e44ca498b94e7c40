"""The economic model at its full number of draws, against the quantiles that the method gives."""

from pathlib import Path
from typing import Any

from tests.economie.warehouse import Economie, compiled_manifest

NB_TIRAGES = 200_000
GOLDEN_EUR = {"p10_eur": 8.25e6, "p50_eur": 10.61e6, "p90_eur": 13.43e6}
TOLERANCE = 0.02


def bench_draws(folder: Path) -> dict[str, Any]:
    """Quantiles of the potential of the method's own scenario, in euros, and their largest relative gap."""
    connection = Economie(compiled_manifest(folder / "tirages")).compute(
        nb_tirages=NB_TIRAGES, until=["int_economies_quantiles"]
    )
    query = (
        f"select {', '.join(GOLDEN_EUR)} from intermediate.int_economies_quantiles where scenario = 'S0_2013' "
        "and mesure = 'potentiel' and processus = 'ensemble' and nature_gain = 'ensemble' and variante = 'tous'"
    )
    (row,) = connection.execute(query).fetchall()
    found = dict(zip(GOLDEN_EUR, row, strict=True))
    gap = max(abs(found[name] / GOLDEN_EUR[name] - 1) for name in GOLDEN_EUR)
    return {"nb_tirages": NB_TIRAGES, **found, "ecart_relatif": gap}


def line(results: dict[str, Any]) -> str:
    """The quantiles in French, beside those of the method."""
    found, golden = ("/".join(_said(v[n] / 1e6, 2) for n in GOLDEN_EUR) for v in (results, GOLDEN_EUR))
    return (
        f"Tirages    : P10/P50/P90 de {found} M€ sur {results['nb_tirages']} tirages (cible : {golden} M€),"
        f" écart de {_said(100 * results['ecart_relatif'], 1)} % au plus (cible : ≤ {TOLERANCE * 100:.0f} %)"
    )


def _said(number: float, decimals: int) -> str:
    return f"{number:.{decimals}f}".replace(".", ",")
