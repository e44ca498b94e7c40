"""The committee's page, printed and mailed at the end of the night, as a Dagster asset.

It follows the publication and depends on nothing that the night needs: no Chromium, no Superset prepared, a page that
does not load give one warning with the reason, and the night stays green. The work is done by a child process
(`orchestration/pdf.py`), so that a browser that crashes or hangs takes nothing with it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import alerts, publication, tableaux
from orchestration.assets import PUBLICATION, Atelier
from orchestration.settings import COMMITTEE_PAGE, PROJECT, Settings

KEY = dg.AssetKey(["pdf_comite"])
LONGEST_SECONDS = 300


class NotPrinted(Exception):
    """The page could not be printed; the message says why, in French."""


def committee_pdf(manifest: Path, settings: Settings) -> dg.AssetsDefinition:
    """The asset, behind the publication and, when the project has it, the committee's dashboard."""
    exposures = json.loads(manifest.read_text("utf-8"))["exposures"].values()
    page = [dg.AssetKey(["tableaux_de_bord", e["name"]]) for e in exposures if e["name"] == COMMITTEE_PAGE]

    @dg.asset(key=KEY, deps=[PUBLICATION, *page], group_name="tableaux_de_bord", output_required=False)
    def pdf_comite(context: dg.AssetExecutionContext, atelier: Atelier) -> Iterator[dg.MaterializeResult]:
        """Page du comité de pilotage en PDF, à imprimer ; envoyée par courriel quand ses chiffres ont changé."""
        try:
            digest = print_page(atelier.path)
        except NotPrinted as reason:
            context.log.warning(f"PDF du comité non composé : {reason}")
            return
        path = publication.link_of(atelier.path).with_name(f"{COMMITTEE_PAGE}.pdf")
        sent = mail_new(context, atelier.path, settings, path, digest)
        context.log.info(f"PDF du comité : {path}")
        yield dg.MaterializeResult(metadata={"fichier": str(path.resolve()), "envoye": sent})

    return pdf_comite


def print_page(home: Path) -> str:
    """Print the page of the last publication and return the digest of what it says; raises `NotPrinted`."""
    if not (PROJECT / tableaux.PYTHON).exists() or not tableaux.is_prepared(home):
        raise NotPrinted("les tableaux de bord ne sont pas encore préparés (make up, puis make pdf).")
    command = [sys.executable, "-m", "orchestration.pdf", COMMITTEE_PAGE]
    environment = {**os.environ, "OBSERVATOIRE_HOME": str(home)}
    try:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired as expired:
        raise NotPrinted(f"la page n'était pas prête après {LONGEST_SECONDS} s.") from expired
    if done.returncode:
        raise NotPrinted((done.stderr.strip().splitlines() or ["raison inconnue"])[-1])
    return done.stdout.split()[-1]


def mail_new(context: dg.AssetExecutionContext, home: Path, settings: Settings, path: Path, digest: str) -> bool:
    """Mail the page when it says something else than the last one that was mailed; whether it left."""
    last = home / "dagster" / "pdf_envoye.txt"
    known = last.read_text("utf-8") if last.exists() else ""
    if not (settings.smtp_host and settings.pdf_to) or digest == known:
        return False
    lines = [
        "La page du comité de pilotage, à imprimer (A4 paysage).",
        "",
        f"Elle montre {publication.served_sentence(home)}.",
    ]
    if not alerts.send_or_say(
        settings, "page du comité de pilotage", lines, context.log.warning, path.resolve(), settings.pdf_to
    ):
        return False
    last.parent.mkdir(parents=True, exist_ok=True)
    last.write_text(digest, "utf-8")
    return True
