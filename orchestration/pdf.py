"""The committee's page as a PDF to print: `make pdf`, or `python -m orchestration.pdf` [TABLEAU] [--adresse URL].

It signs in to the Superset that is served, or serves one itself as long as it takes, opens the dashboard as the
committee, waits until each tile is drawn, lays them out again on A4 sheets and has Chromium print them:

    publication/versions/<tableau>-<AAAAMMJJTHHMMSS>.pdf   (named after the publication whose figures it shows)
    publication/<tableau>.pdf → versions/…                 (the last one)
"""

import argparse
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page

from orchestration import chromium, job, pdf_document, publication, tableaux, up
from orchestration.pdf_document import Edition
from orchestration.pdf_tiles import Reading, read
from orchestration.settings import COMMITTEE_PAGE, PROJECT, Settings

ACCOUNT = "comite"
# Pixels of a picture per pixel of the page: 300 points per inch on paper.
DENSITY = 3
FAILURES = (chromium.NoBrowser, chromium.Incomplete, tableaux.NotPrepared, up.Refusal)


class Refused(Exception):
    """There is nothing to print or nobody to read it; the message says why, in French."""


def main() -> None:
    """Write the PDF and say where it is."""
    arguments = _arguments()
    job.stop_on_sigterm()
    try:
        path, digest = write(Settings.from_env().home, arguments.tableau, arguments.adresse)
    except (Refused, *FAILURES) as refusal:
        sys.exit(f"{refusal}")
    except Error as error:
        sys.exit(f"Le navigateur n'a pas pu composer le PDF : {error.message.splitlines()[0]}")
    except KeyboardInterrupt:
        sys.exit("Interrompu : le PDF précédent est intact.")
    print(f"PDF écrit : {path}\nEmpreinte des chiffres : {digest}")


def _arguments() -> argparse.Namespace:
    port = os.environ.get("SUPERSET_PORT") or "8088"
    parser = argparse.ArgumentParser(prog="python -m orchestration.pdf", description="Imprime un tableau de bord.")
    parser.add_argument(
        "tableau", nargs="?", default=COMMITTEE_PAGE, help=f"nom du tableau de bord dans son adresse ({COMMITTEE_PAGE})"
    )
    parser.add_argument("--adresse", default=f"http://{up.HOST}:{port}", help="où Superset est peut-être déjà servi")
    return parser.parse_args()


def write(home: Path, slug: str, address: str) -> tuple[Path, str]:
    """Write the PDF of a dashboard; return the path that readers follow and the digest of what it says.

    Raises `Refused` and `FAILURES`.
    """
    chromium.browser_path()
    if not publication.link_of(home).exists():
        raise Refused("Rien n'est publié : lancez d'abord « make run ».")
    with chromium.launched() as browser, reader(browser, home, address) as (page, answers, url):
        while True:
            version = publication.link_of(home).resolve()
            chromium.open_first_screen(page, url, slug)
            chromium.unfold(page)
            reading = read(page, answers)
            # A publication meanwhile would mix two versions on one sheet.
            if publication.link_of(home).resolve() == version:
                break
        pages = _print(page, reading, edition(version), url)
    return _serve(home, slug, version, pages), pdf_document.digest(reading)


def edition(version: Path) -> Edition:
    """What a document says of the published version that it shows."""
    stamp = version.stem.removeprefix("observatoire-")
    return Edition(stamp, publication.date_of(version), publication.is_demonstration(version))


def _print(page: Page, reading: Reading, shown: Edition, url: str) -> bytes:
    """Have Chromium lay the document out and print it, in the page that knows the fonts."""
    page.set_viewport_size({"width": pdf_document.WIDTH, "height": pdf_document.HEIGHT})
    page.emulate_media(media="print")
    page.set_content(pdf_document.document(reading, f"{url}/static/assets/"), wait_until="load")
    page.evaluate("document.fonts.ready")
    page.evaluate(pdf_document.FIT)
    return page.pdf(
        format="A4",
        landscape=True,
        scale=pdf_document.SCALE,
        margin=pdf_document.MARGINS,
        print_background=True,
        tagged=True,
        outline=True,
        display_header_footer=True,
        header_template=pdf_document.header(reading, shown),
        footer_template=pdf_document.footer(shown),
    )


@contextmanager
def reader(browser: Browser, home: Path, address: str) -> Iterator[tuple[Page, dict[int, dict[str, Any]], str]]:
    """A signed-in page of the committee, what its charts receive by chart id, and the address of its Superset."""
    with ExitStack() as stack:
        page = _signed_in(browser, home, address) if _answers(address) else None
        if page is None:
            # Nobody serves there, or another observatory does: this one is served aside, for the time of a reading.
            address = stack.enter_context(_own_superset(home))
            page = _signed_in(browser, home, address)
        if page is None:
            raise Refused(f"Le compte « {ACCOUNT} » n'a pas pu se connecter aux tableaux de bord.")
        answers: dict[int, dict[str, Any]] = {}
        page.on(
            "response", lambda response: answers.update([found] if (found := chromium.chart_answer(response)) else [])
        )
        yield page, answers, address


def _signed_in(browser: Browser, home: Path, url: str) -> Page | None:
    """Return a page of the committee's account, None when the account is refused there."""
    password = chromium.password_of(home, ACCOUNT)
    if password is None:
        return None
    size = {"width": chromium.WIDTH, "height": chromium.HEIGHT}
    context = browser.new_context(
        viewport=size, device_scale_factor=DENSITY, locale="fr-FR", timezone_id="Europe/Paris"
    )
    page = context.new_page()
    return page if chromium.sign_in(page, url, ACCOUNT, password) else None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def _own_superset(home: Path) -> Iterator[str]:
    """Serve Superset on a free port until the reading is done."""
    tableaux.prepare(home, Settings.from_env().metadonnees)
    with socket.socket() as probe:
        probe.bind((up.HOST, 0))
        port = probe.getsockname()[1]
    os.environ["SUPERSET_PORT"] = str(port)
    url = f"http://{up.HOST}:{port}"
    command = [str(PROJECT / tableaux.PYTHON), str(PROJECT / "superset" / "serve.py")]
    log = home / "journaux" / "superset_pdf.log"
    with up.serving([up.Server("Superset", command, log, port, f"{url}/health")]):
        yield url


def _serve(home: Path, slug: str, version: Path, content: bytes) -> Path:
    """Write a version aside, rename it, then move the link; forget those whose publication is gone."""
    stamp = version.stem.removeprefix("observatoire-")
    target, link = version.with_name(f"{slug}-{stamp}.pdf"), home / "publication" / f"{slug}.pdf"
    aside = target.with_name(f".{target.name}")
    aside.write_bytes(content)
    aside.replace(target)
    link_aside = link.with_name(f".{link.name}")
    link_aside.unlink(missing_ok=True)
    link_aside.symlink_to(Path("versions") / target.name)
    link_aside.replace(link)
    for old in version.parent.glob(f"{slug}-*.pdf"):
        published = version.with_name(old.name.replace(f"{slug}-", "observatoire-", 1)).with_suffix(".duckdb")
        if re.fullmatch(rf"{re.escape(slug)}-\d{{8}}T\d{{6}}", old.stem) and not published.exists():
            old.unlink()
    return link


if __name__ == "__main__":
    main()
