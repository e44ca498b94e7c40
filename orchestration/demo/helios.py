"""Accounting flows (PES v2): outgoing files, acknowledgements, reports of the accountant.

A few collectivités, the largest and a sample of the others, send one flow in most of their months: vouchers and
receipts in signed bordereaux, with their supporting documents. Most flows are acknowledged; some in part, some refused
(and sent again under another name), some not at all. A flow counts in the month of its header's date.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from orchestration.demo.adoption import adoption
from orchestration.demo.deposit import Deposit
from orchestration.demo.territory import (
    DATE_DU_DEPOT,
    DERNIER_JOUR,
    Collectivite,
    Territoire,
    generator,
    month_end,
    siret,
)
from orchestration.demo.truth import Truth

ECHELLE_USUELLE = 0.05
EMETTEURS, EMETTEURS_MIN = 42, 4
"""Senders at the usual scale; they grow slower than the scale, since each flow is a file or two."""
PART_DES_GRANDS = 0.45
PART_DES_MOIS_PETITS, PART_DES_MOIS_GRANDS = 0.4, 0.6
POPULATION_DES_GRANDS = 20_000
PIECES_MAX = 60

SIGNATURES = ("globale", "par_bordereau", "partielle", "aucune")
ESPACES = (
    'xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xad="http://uri.etsi.org/01903/v1.1.1#"'
)
ESPACE_ACQUIT = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour/v2"
ESPACE_RETOUR = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour"


@dataclass(slots=True)
class Bordereau:
    """A batch of vouchers (`depense`) or receipts, signed or not, and whether the accountant took it."""

    numero: int
    depense: bool
    pieces: list[int]
    signe: bool = False
    accepte: bool = True


@dataclass(slots=True)
class Flux:
    """One outgoing file."""

    rang: int
    siren: str
    siret: str
    budget: str
    nom: str
    jour: date
    pj_dematerialisees: bool
    signature: str
    bordereaux: list[Bordereau]
    pj_par_piece: int
    statut: str = "accepte"
    acquit_le: date | None = None
    retour: bool = False
    pj: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.pj = sum(len(b.pieces) for b in self.bordereaux) * self.pj_par_piece

    def pieces(self, depense: bool) -> int:
        """Vouchers, or receipts."""
        return sum(len(b.pieces) for b in self.bordereaux if b.depense == depense)


def write_helios(deposit: Deposit, truth: Truth, territoire: Territoire, echelle: float, graine: int) -> list[Flux]:
    """Draw the flows, write their files and their truth."""
    rng = generator(graine, "helios")
    parts = {name: adoption(territoire, name, graine) for name in ("helios", "parapheur")}
    flux: list[Flux] = []
    for rang in _senders(rng, territoire, echelle):
        flux += _flows_of(rng, territoire, rang, parts)
    for one in flux:
        tell(truth, one)
        deposit.write("helios", f"{one.nom}.xml", aller_xml(one, territoire.collectivites[one.rang]))
        if one.statut != "sans_acquit":
            deposit.write("helios", f"ACQUIT_{one.nom}.xml", acquit_xml(one))
        if one.retour:
            deposit.write("helios", f"RETOUR_{one.nom}.xml", _retour_xml(one))
    return flux


def tell(truth: Truth, flux: Flux) -> None:
    """Measures over all flows (`ensemble`) and by what the acknowledgement said."""
    signed = [b for b in flux.bordereaux if b.signe]
    grandeurs = {
        "pes_flux": 1,
        "pes_mandats": flux.pieces(depense=True),
        "pes_titres": flux.pieces(depense=False),
        "pes_bordereaux": len(flux.bordereaux),
        "pes_bordereaux_signes": len(signed),
        "pes_pieces_signees": sum(len(b.pieces) for b in signed),
        "pes_pj": flux.pj,
        "pes_pj_dematerialisees": flux.pj if flux.pj_dematerialisees else 0,
    }
    for grandeur, nombre in grandeurs.items():
        for modalite in ("ensemble", flux.statut):
            truth.add(flux.siren, flux.jour, grandeur, nombre, modalite)
    if flux.statut == "rejete":
        truth.add(flux.siren, flux.jour, "pes_flux_rejetes")
        return
    truth.first(flux.siren, flux.jour, "premiere_preuve", "E09")
    if signed and grandeurs["pes_pj_dematerialisees"]:
        truth.first(flux.siren, flux.jour, "premiere_preuve", "E06")


def _senders(rng: np.random.Generator, territoire: Territoire, echelle: float) -> list[int]:
    """The largest of those that count, then others drawn by their size, not quite in proportion."""
    counted = [i for i, c in enumerate(territoire.collectivites) if c.est_compte]
    counted.sort(key=lambda i: (-territoire.collectivites[i].poids, i))
    nombre = max(EMETTEURS_MIN, round(EMETTEURS * (echelle / ECHELLE_USUELLE) ** 0.75))
    nombre = min(nombre, len(counted))
    grands = round(nombre * PART_DES_GRANDS)
    others = counted[grands:]
    chances = territoire.poids[others] ** 0.7
    chosen = rng.choice(len(others), size=nombre - grands, replace=False, p=chances / chances.sum())
    return sorted([*counted[:grands], *(others[i] for i in chosen.tolist())])


def _flows_of(rng: np.random.Generator, territoire: Territoire, rang: int, parts: dict[str, np.ndarray]) -> list[Flux]:
    """The flows of one sender, refused ones followed by the same again."""
    collectivite = territoire.collectivites[rang]
    flux: list[Flux] = []
    numeros: defaultdict[str, int] = defaultdict(int)
    taille = min(PIECES_MAX, 4 + collectivite.population / 400)
    is_large = collectivite.population >= POPULATION_DES_GRANDS
    part_des_mois = PART_DES_MOIS_GRANDS if is_large else PART_DES_MOIS_PETITS
    for rang_mois, mois in enumerate(territoire.mois):
        if rng.random() > part_des_mois:
            continue
        dematerialise = rng.random() < parts["helios"][rang, rang_mois]
        signature = _signature(rng, float(parts["parapheur"][rang, rang_mois]))
        jour = mois.replace(day=int(rng.integers(1, month_end(mois).day + 1)))
        bordereaux = _draw_bordereaux(rng, taille, numeros, signature)
        one = _flow(collectivite, rang, jour, len(flux), dematerialise, signature, bordereaux)
        _acknowledge(rng, one)
        flux.append(one)
        if one.statut == "rejete" and (again := _resend(one, len(flux))):
            flux.append(again)
    return flux


def _signature(rng: np.random.Generator, part: float) -> str:
    """How the flow is signed: the more the parapheur is used, the fewer flows without a signature."""
    if rng.random() > 0.8 + 0.2 * part:
        return "aucune"
    return str(rng.choice(SIGNATURES[:3], p=(0.55, 0.39, 0.06)))


def _draw_bordereaux(
    rng: np.random.Generator, taille: float, numeros: defaultdict[str, int], signature: str
) -> list[Bordereau]:
    bordereaux = []
    for sens, facteur in (("depense", 1.0), ("recette", 0.35)):
        left = max(1, int(rng.poisson(taille * facteur)))
        while left > 0:
            size = min(left, int(rng.integers(4, 16)))
            left -= size
            numeros["bordereau"] += 1
            first = numeros[sens] + 1
            numeros[sens] += size
            bordereaux.append(Bordereau(numeros["bordereau"], sens == "depense", list(range(first, first + size))))
    for rank, bordereau in enumerate(bordereaux):
        bordereau.signe = signature in ("globale", "par_bordereau") or (signature == "partielle" and rank == 0)
    return bordereaux


def _flow(
    collectivite: Collectivite,
    rang: int,
    jour: date,
    numero: int,
    dematerialise: bool,
    signature: str,
    bordereaux: list[Bordereau],
) -> Flux:
    return Flux(
        rang=rang,
        siren=collectivite.siren,
        siret=siret(collectivite.siren),
        budget="00",
        nom=f"PESALR2_{siret(collectivite.siren)}_{jour:%y%m%d}_{numero + 1:04d}",
        jour=jour,
        pj_dematerialisees=dematerialise,
        signature=signature,
        bordereaux=bordereaux,
        pj_par_piece=1,
    )


def _acknowledge(rng: np.random.Generator, flux: Flux) -> None:
    """4 % in part, 3 % refused, 3 % without an answer; nothing comes after the day of the deposit."""
    sort, attente, retour = rng.random(), int(rng.integers(0, 4)), rng.random() < 0.05
    flux.acquit_le = flux.jour + timedelta(days=attente)
    if sort < 0.03 or flux.acquit_le > DATE_DU_DEPOT:
        flux.statut, flux.acquit_le = "sans_acquit", None
    elif sort < 0.06:
        flux.statut = "rejete"
        for bordereau in flux.bordereaux:
            bordereau.accepte = False
    elif sort < 0.10 and len(flux.bordereaux) > 1:
        flux.statut = "partiel"
        flux.bordereaux[-1].accepte = False
    flux.retour = retour and flux.statut == "accepte"


def _resend(flux: Flux, numero: int) -> Flux | None:
    """The same content under a new name, accepted three days later; None beyond the deposit's last day."""
    jour = flux.jour + timedelta(days=3)
    if jour > DERNIER_JOUR:
        return None
    bordereaux = [Bordereau(b.numero, b.depense, list(b.pieces), b.signe) for b in flux.bordereaux]
    nom = f"PESALR2_{flux.siret}_{jour:%y%m%d}_{numero + 1:04d}"
    return Flux(
        flux.rang, flux.siren, flux.siret, flux.budget, nom, jour, flux.pj_dematerialisees, flux.signature,
        bordereaux, flux.pj_par_piece, "accepte", jour,
    )  # fmt: skip


# --- files ------------------------------------------------------------------------------------------------------------


def aller_xml(flux: Flux, collectivite: Collectivite) -> bytes:
    """The outgoing file. Third parties are invented: the parser must drop them all the same."""
    signature = _SIGNATURE if flux.signature == "globale" else ""
    pieces = "".join(_pj(flux, b, piece) for b in flux.bordereaux for piece in b.pieces)
    body = (
        f'<n:PES_Aller {ESPACES} Id="{flux.nom}">\n{_header(flux, "PESALR2", flux.nom)}'
        f"{_domain(flux, depense=True)}{_domain(flux, depense=False)}"
        f'<PES_PJ><EnTetePES_PJ><IdVer V="1"/></EnTetePES_PJ>\n{pieces}</PES_PJ>\n{signature}</n:PES_Aller>\n'
    )
    return _xml(body)


def acquit_xml(flux: Flux) -> bytes:
    """The acknowledgement, bordereau by bordereau."""
    elements = "".join(
        f'<ElementACQUIT><DomaineAck V="{5 if b.depense else 6}"/><EtatAck V="{1 if b.accepte else 0}"/>'
        f'<NumBord V="{b.numero}"/><ExerciceBord V="{flux.jour.year}"/>'
        + ("" if b.accepte else '<Erreur><NumAnoAck V="3400"/><LibelleAnoAck V="Bordereau rejeté"/></Erreur>')
        + "</ElementACQUIT>\n"
        for b in flux.bordereaux
    )
    return _xml(
        f'<n:PES_ACQUIT xmlns:n="{ESPACE_ACQUIT}">\n{_header(flux, "PESALR2", flux.nom, flux.acquit_le)}'
        f'<ACQUIT><EnTeteAcquit><IdVer V="2"/></EnTeteAcquit>\n{elements}</ACQUIT>\n</n:PES_ACQUIT>\n'
    )


def _retour_xml(flux: Flux) -> bytes:
    bordereaux = "".join(
        f'<Bordereau><BlocBordereau><Exer V="{flux.jour.year}"/><IdBord V="{b.numero}"/><TypBord V="01"/>'
        "</BlocBordereau>"
        + "".join(
            f'<Piece><InfoPiece><IdPce V="{piece}"/><TypPce V="01"/><NatPce V="01"/>'
            f'<DtePcePec V="{(flux.jour + timedelta(days=5)).isoformat()}"/><EtatPce V="01"/></InfoPiece></Piece>'
            for piece in b.pieces
        )
        + "</Bordereau>\n"
        for b in flux.bordereaux
        if b.depense
    )
    return _xml(
        f'<n:PES_Retour xmlns:n="{ESPACE_RETOUR}">\n'
        f'<Enveloppe><Parametres><Version V="2"/><TypFic V="PESRETOUR_DEP"/><NomFic V="RETOUR_{flux.nom}"/>'
        "</Parametres></Enveloppe>\n"
        f'<EnTetePES><DteStr V="{(flux.jour + timedelta(days=6)).isoformat()}"/><IdPost V="035000"/>'
        f'<LibellePoste V="POSTE DE DEMONSTRATION"/><IdColl V="{flux.siret}"/><CodColl V="100"/>'
        f'<CodBud V="{flux.budget}"/></EnTetePES>\n'
        '<PES_DepenseRetour><EnTeteDepense><TypRestit V="AA"/><IdVer V="2"/><NatInf V="2"/></EnTeteDepense>\n'
        f"{bordereaux}</PES_DepenseRetour>\n</n:PES_Retour>\n"
    )


def _header(flux: Flux, type_fichier: str, nom: str, jour: date | None = None) -> str:
    return (
        f'<Enveloppe><Parametres><Version V="2"/><TypFic V="{type_fichier}"/><NomFic V="{nom}"/></Parametres>'
        '<Emetteur><Sigle V="DEMONSTRATION"/><Adresse V="PROGICIEL 1.0"/></Emetteur>'
        '<Recepteur><Sigle V="HELIOS"/></Recepteur></Enveloppe>\n'
        f'<EnTetePES><DteStr V="{(jour or flux.jour).isoformat()}"/><IdPost V="035000"/><IdColl V="{flux.siret}"/>'
        f'<CodCol V="100"/><CodBud V="{flux.budget}"/><LibelleColBud V="BUDGET PRINCIPAL"/></EnTetePES>\n'
    )


def _domain(flux: Flux, depense: bool) -> str:
    nom = "Depense" if depense else "Recette"
    bordereaux = "".join(_bordereau(flux, b) for b in flux.bordereaux if b.depense == depense)
    dematerialisee = 1 if flux.pj_dematerialisees else 0
    return (
        f'<PES_{nom}Aller><EnTete{nom}><IdVer V="2"/><InfoDematerialisee V="{dematerialisee}"/></EnTete{nom}>\n'
        f"{bordereaux}</PES_{nom}Aller>\n"
    )


def _bordereau(flux: Flux, bordereau: Bordereau) -> str:
    amounts = [_amount(piece) for piece in bordereau.pieces]
    signature = _SIGNATURE if bordereau.signe and flux.signature != "globale" else ""
    return (
        f'<Bordereau Id="B{bordereau.numero}"><BlocBordereau><Exer V="{flux.jour.year}"/>'
        f'<IdBord V="{bordereau.numero}"/><DteBordEm V="{flux.jour.isoformat()}"/><TypBord V="01"/>'
        f'<NbrPce V="{len(bordereau.pieces)}"/><MtCumulAnnuel V="{100_000 + sum(amounts):.2f}"/>'
        f'<MtBordHT V="{sum(amounts):.2f}"/></BlocBordereau>\n'
        + "".join(_piece(bordereau, piece) for piece in bordereau.pieces)
        + f"{signature}</Bordereau>\n"
    )


def _piece(bordereau: Bordereau, piece: int) -> str:
    ligne, nature = ("InfoLignePce", "6068") if bordereau.depense else ("InfoLignePiece", "7067")
    return (
        f'<Piece><BlocPiece><InfoPce><IdPce V="{piece}"/><TypPce V="01"/><NatPce V="01"/>'
        f'<Obj V="Objet de démonstration"/><PJRef><Support V="01"/><IdUnique V="{_pj_id(bordereau, piece)}"/></PJRef>'
        "</InfoPce></BlocPiece>"
        f'<LigneDePiece><BlocLignePiece><{ligne}><IdLigne V="1"/><Nature V="{nature}"/>'
        f'<ModRegl V="03"/><TVAIntraCom V="0"/><MtHT V="{_amount(piece):.2f}"/></{ligne}></BlocLignePiece>'
        '<Tiers><InfoTiers><RefTiers V="1"/><CatTiers V="50"/><NatJur V="03"/><Nom V="TIERS DE DEMONSTRATION"/>'
        "</InfoTiers></Tiers></LigneDePiece></Piece>\n"
    )


def _pj(flux: Flux, bordereau: Bordereau, piece: int) -> str:
    return (
        f'<PJ><Contenu><Fichier MIMEType="application/pdf">JVBERg==</Fichier></Contenu>'
        f'<IdUnique V="{_pj_id(bordereau, piece)}"/><NomPJ V="piece.pdf"/><TypePJ V="007"/>'
        f'<RefCompta><Exercice V="{flux.jour.year}"/></RefCompta></PJ>\n'
    )


def _pj_id(bordereau: Bordereau, piece: int) -> str:
    return f"{'D' if bordereau.depense else 'R'}{bordereau.numero:05d}{piece:06d}"


def _amount(piece: int) -> float:
    return 40 + piece * 7919 % 90_000 / 37


_SIGNATURE = (
    '<ds:Signature Id="S1"><ds:SignedInfo><ds:Reference URI=""><ds:DigestValue>ZGVtbw==</ds:DigestValue></ds:Reference>'
    "</ds:SignedInfo><ds:SignatureValue>ZGVtbw==</ds:SignatureValue></ds:Signature>\n"
)


def _xml(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{body}'.encode("iso-8859-1")
