"""`python -m orchestration.demo`: write the demonstration deposit that ECHELLE, ANNEES and GRAINE describe."""

import os
import sys
from pathlib import Path

from orchestration.demo.generator import write_demo

VAR = Path(__file__).parents[2] / "var"
DEFAULTS = {"ECHELLE": "0.02", "ANNEES": "2", "GRAINE": "2013", "OBSERVATOIRE_HOME": str(VAR)}


def main() -> None:
    """Read the environment once, and say in French what is wrong in it."""
    values = {name: os.environ.get(name) or default for name, default in DEFAULTS.items()}
    try:
        echelle = float(values["ECHELLE"].replace(",", "."))
        annees, graine = int(values["ANNEES"]), int(values["GRAINE"])
        write_demo(Path(values["OBSERVATOIRE_HOME"]), echelle, annees, graine)
    except ValueError as error:
        sys.exit(f"Dépôt de démonstration non écrit : ECHELLE, ANNEES ou GRAINE ne convient pas ({error}).")


if __name__ == "__main__":
    main()
