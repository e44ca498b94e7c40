"""From parameters to a deposit: each source in turn, then its planted defects, then the truth."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from orchestration.demo.accompagnement import write_accompagnement
from orchestration.demo.actes import write_actes
from orchestration.demo.adhesions import write_adhesions
from orchestration.demo.archivage import write_archivage
from orchestration.demo.comptes import write_comptes
from orchestration.demo.consultations import write_consultations
from orchestration.demo.declarations import Activite
from orchestration.demo.defects import plant_defects
from orchestration.demo.deposit import Deposit, write_csv
from orchestration.demo.enquetes import write_enquetes
from orchestration.demo.helios import write_helios
from orchestration.demo.marches import write_marches
from orchestration.demo.programmes import write_programmes
from orchestration.demo.retours import write_retours
from orchestration.demo.services import write_services
from orchestration.demo.territory import DERNIER_MOIS, read_territory
from orchestration.demo.truth import Truth


def write_demo(home: Path, echelle: float, annees: int, graine: int) -> None:
    """Write the demonstration deposit of `home` and its truth.

    `echelle` 1 is Bretagne at its real volumes; `annees` counts back from the fixed last month; raises ValueError
    when either is not positive.
    """
    if echelle <= 0 or annees < 1:
        raise ValueError("ECHELLE doit être positive et ANNEES valoir au moins 1")
    start = time.perf_counter()
    deposit, truth = Deposit(home), Truth()
    territoire = read_territory(annees, graine)
    say = _announcer(deposit, start)
    etat = write_actes(deposit, truth, territoire, echelle, graine)
    say("actes", f"{len(etat.actes)} actes télétransmis")
    consultations = write_consultations(deposit, truth, territoire, echelle, graine)
    say("consultations", f"{truth.total('consultations_mises_en_ligne')} consultations")
    marches = write_marches(deposit, truth, territoire, consultations, echelle, graine)
    say("marches", f"{len(marches)} contrats")
    flux = write_helios(deposit, truth, territoire, echelle, graine)
    say("helios", f"{len(flux)} flux PES")
    transferts = write_archivage(deposit, truth, territoire, echelle, graine)
    say("archivage", f"{len(transferts)} transferts")
    activite = Activite(etat, consultations, marches, flux, transferts)
    repondants = write_retours(deposit, truth, territoire, activite, echelle, graine)
    say("retours", f"{truth.grandeurs().get('retour', 0)} valeurs retenues")
    reponses = write_enquetes(deposit, truth, territoire, graine)
    say("enquetes", f"{reponses} réponses retenues")
    presences = write_accompagnement(deposit, truth, territoire, echelle, graine)
    say("accompagnement", f"{presences} présences à des événements")
    adhesions = write_adhesions(deposit, truth, territoire, graine)
    say("adhesions", f"{len(adhesions)} adhésions")
    documents = write_services(deposit, truth, territoire, etat.actes, flux, adhesions, echelle, graine)
    say("services", f"{len(documents)} documents")
    projets = write_programmes(deposit, truth, territoire, graine)
    say("programmes", f"{len(projets)} projets")
    comptes = write_comptes(deposit, truth, territoire, graine)
    say("comptes", f"{len(comptes)} comptes")
    plant_defects(deposit, truth, territoire, repondants)
    deposit.write_lists()
    truth.write(home / "demonstration" / "verite.csv")
    parameters = {"echelle": echelle, "annees": annees, "graine": graine, "dernier_mois": DERNIER_MOIS.isoformat()}
    write_csv(home / "demonstration" / "parametres.csv", ("parametre", "valeur"), parameters.items())
    print(f"Dépôt de démonstration écrit en {time.perf_counter() - start:.1f} s : {deposit.summary()}")


def _announcer(deposit: Deposit, start: float) -> Callable[[str, str], None]:
    def say(source: str, contenu: str) -> None:
        seconds = time.perf_counter() - start
        print(f"  {source:<14} {deposit.count(source):>6} fichiers, {contenu} ({seconds:.1f} s)", file=sys.stderr)

    return say
