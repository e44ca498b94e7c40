"""The planted defects: files that the door must refuse, lines that it must reject, oddities that it must tell.

Each is listed in defauts.csv with the anomaly code expected on its line (0: the file as a whole). What lands in spite
of an oddity is in the truth; what is refused is not. Whatever lands here belongs to an invented body or, for the
returns, speaks of costs that only the panel declares: the Breton rates do not move.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from orchestration.demo import (
    accompagnement,
    actes,
    adhesions,
    archivage,
    comptes,
    consultations,
    enquetes,
    helios,
    marches,
    programmes,
    retours,
    services,
)
from orchestration.demo.accompagnement import Evenement
from orchestration.demo.actes import Acte
from orchestration.demo.adhesions import Adhesion, Convention
from orchestration.demo.archivage import Transfert
from orchestration.demo.comptes import Compte
from orchestration.demo.consultations import Consultation
from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.helios import Bordereau, Flux
from orchestration.demo.marches import Marche
from orchestration.demo.territory import Collectivite, Territoire, luhn_key, month_end, shift_month, siret
from orchestration.demo.truth import Truth

SIREN_FAUX = "212200019"
"""One digit away from a real one: its key is wrong."""
SIREN_INCONNU = "90090090" + luhn_key("90090090")
"""Well formed, and of no collectivité of the referential."""
NOM_INCONNU = "Régie fictive des Sept-Chimères (démonstration)"


def plant_defects(deposit: Deposit, truth: Truth, territoire: Territoire, repondants: set[int]) -> None:
    """Plant the defects of every source; `repondants` are the ranks of those whose returns were written."""
    hote = next(c for c in territoire.collectivites if not c.est_compte)
    mois = territoire.mois[-2]
    _plant_common(deposit)
    _plant_actes(deposit, truth, hote, mois)
    _plant_consultations(deposit, truth, hote, mois)
    _plant_marches(deposit, truth, hote, mois)
    _plant_helios(deposit, truth, hote, mois)
    _plant_archivage(deposit, truth, hote, mois)
    _plant_retours(deposit, truth, territoire, repondants)
    _plant_services(deposit, truth, territoire, hote, mois)
    _plant_enquetes(deposit, hote)
    _plant_programmes(deposit, hote)
    _plant_accompagnement(deposit, truth, hote, mois)
    _plant_adhesions(deposit, truth, hote)
    _plant_comptes(deposit, truth, hote)


def line_of(contenu: bytes, marker: str) -> int:
    """Number of the first line that holds `marker`."""
    return contenu[: contenu.index(marker.encode())].count(b"\n") + 1


def _plant_common(deposit: Deposit) -> None:
    """In every folder: an empty file, the same bytes under another name, and a neighbour's file."""
    sources = (
        "actes",
        "consultations",
        "marches",
        "helios",
        "archivage",
        "retours",
        "services",
        "accompagnement",
        "adhesions",
        "programmes",
        "enquetes",
        "comptes",
    )
    for rang, source in enumerate(sources):
        voisine = sources[(rang + 1) % len(sources)]
        if noms := deposit.names(source):
            deposit.copy(source, noms[0], f"zz_copie_de_{noms[0]}")
        deposit.plant(source, "vide.csv", b"", "rejete", [(0, "fichier_vide")])
        if noms := deposit.names(voisine):
            nom, contenu = noms[len(noms) // 2], deposit.read(voisine, noms[len(noms) // 2])
            # A comment at the end keeps its bytes apart from those of the file in its right place.
            deposit.plant(source, nom, contenu + b"\n", "rejete", [(0, "fichier_mauvaise_source")])
    lettre = "Madame, Monsieur, vous trouverez ci-joint notre retour.\r\n".encode("cp1252")
    deposit.plant("retours", "courrier.txt", lettre, "rejete", [(0, "fichier_non_reconnu")])


# --- actes ------------------------------------------------------------------------------------------------------------


def _plant_actes(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    bons = [_acte(hote.siren, "29", f"DE{mois.year}_9{n:04d}", mois) for n in range(1, 6)]
    inconnus = [_acte(SIREN_INCONNU, "35", f"DE{mois.year}_8{n:04d}", mois) for n in range(1, 4)]
    for acte in (*bons, *inconnus):
        actes.tell(truth, acte)
    _plant_extract(deposit, bons[:3], inconnus)
    xml = actes.acte_xml(_acte(hote.siren, "29", "DE_TRONQUE", mois))
    nom = f"{_acte(hote.siren, '29', 'DE_TRONQUE', mois).unique_id}-1-1_0.xml"
    deposit.plant("actes", nom, xml[: len(xml) // 2], "rejete", [(0, "actes_xml_illisible")])
    _plant_archives(deposit, hote, bons[3:], mois)


def _plant_extract(deposit: Deposit, bons: list[Acte], inconnus: list[Acte]) -> None:
    """An extract whose lines are rejected, odd, or of an unknown collectivité."""
    header = actes.EXTRAIT_HEADER
    lines = [_extract_line(acte) for acte in (*bons, *inconnus)]
    lines[1][header.index("submission_date")] = "31/02/2026"
    lines[2][header.index("classification")] = "12.3"
    base = _extract_line(_acte(bons[0].siren, "29", "DE_REFUSE", bons[0].decision))
    faux_siren, sans_identite, mauvais_type = list(base), list(base), list(base)
    faux_siren[header.index("authority_siren")] = SIREN_FAUX
    sans_identite[header.index("number")] = sans_identite[header.index("unique_id")] = ""
    mauvais_type[header.index("type")] = "9"
    rows = [header, *lines, faux_siren, sans_identite, mauvais_type, [*base, "en trop"]]
    codes = ["actes_siren_invalide", "actes_sans_identite", "actes_type_inconnu", "actes_ligne_mal_decoupee"]
    defauts = [(3, "actes_date_illisible"), (4, "actes_matiere_inconnue")]
    defauts += [(len(lines) + 2 + rang, code) for rang, code in enumerate(codes)]
    contenu = csv_bytes(rows, ",", "utf-8")
    deposit.plant("actes", "s2low_actes_reprise.csv", contenu, "integre_avec_rejets", defauts)
    contenu = csv_bytes([_without(header, row, "nature_code") for row in rows[:3]], ";", "utf-8")
    deposit.plant("actes", "s2low_actes_partiel.csv", contenu, "rejete", [(0, "actes_colonnes_manquantes")])


def _plant_archives(deposit: Deposit, hote: Collectivite, bons: list[Acte], mois: date) -> None:
    """A broken archive; an archive one message of which is broken; an act that its prefecture answered late."""
    premier, tardif = bons
    messages = [
        (f"{premier.unique_id}-1-1_0.xml", actes.acte_xml(premier)),
        (f"{premier.unique_id}-1-1_1.pdf", b"%PDF"),
    ]
    casse = f"{_acte(hote.siren, '29', 'DE_CASSE', mois).unique_id}-1-1_0.xml"
    nom, contenu = actes.outgoing_archive(hote, premier.envoi, 901, [*messages, (casse, b"<?xml version='1.0'?><a")])
    deposit.plant("actes", nom, contenu, "integre_avec_rejets", [(4, "actes_xml_illisible")])
    accuse = actes.accuse_xml(premier, premier.accuse or premier.envoi)
    deposit.write("actes", f"{premier.unique_id}-1-2_0.xml", accuse)
    nom, contenu = actes.outgoing_archive(hote, premier.envoi, 902, messages)
    deposit.plant("actes", nom, contenu[: len(contenu) // 2], "rejete", [(0, "actes_archive_illisible")])
    deposit.write("actes", f"{tardif.unique_id}-1-1_0.xml", actes.acte_xml(tardif))
    tard = tardif.decision + timedelta(days=45)
    deposit.write("actes", f"{tardif.unique_id}-1-2_0.xml", actes.accuse_xml(tardif, tard))


def _acte(siren: str, departement: str, numero: str, jour: date) -> Acte:
    """An acknowledged resolution of the 10th of the month."""
    decision = jour.replace(day=10)
    return Acte(
        acte_id=9_000_000 + int("".join(filter(str.isdigit, numero)) or 0) % 1_000_000,
        rang=-1,
        siren=siren,
        nature="1",
        numero=numero,
        decision=decision,
        envoi=decision + timedelta(days=5),
        heure="10:00:00",
        accuse=decision + timedelta(days=5),
        refuse=False,
        annulation=None,
        echange=None,
        statut="4",
        matiere="5.2",
        nb_fichiers=1,
        taille=30_000,
        unique_id=f"0{departement}-{siren}-{decision:%Y%m%d}-{numero}-DE",
    )


def _extract_line(acte: Acte) -> list[object]:
    return list(actes.extract_row(acte, "1", acte.acte_id, acte.envoi, acte.accuse, acte.statut))


# --- consultations ----------------------------------------------------------------------------------------------------


def _plant_consultations(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    """One export whose lines are odd or rejected; another that lost a column without which nothing can be told."""
    header, suivi = consultations.HEADER, month_end(shift_month(mois, 1))
    bonnes = _odd_tenders(truth, hote, mois)
    refusees = [list(consultations.row(_consultation(hote, mois, 990_101 + rang), suivi)) for rang in range(3)]
    refusees[0][header.index("siren")] = SIREN_FAUX
    refusees[1][header.index("reference")] = ""
    refusees[2][header.index("intitule")] = "CONSULTATION TECHNIQUE TEST - NE PAS UTILISER"
    rows = [header, *bonnes, bonnes[0], *refusees, [*refusees[0], "en trop"]]
    codes = (
        (3, "consultations_nombre_negatif"),
        (4, "consultations_date_illisible"),
        (5, "consultations_booleen_inconnu"),
        (6, "consultations_cloture_avant_mise_en_ligne"),
        (7, "consultations_doublon_exact"),
        (8, "consultations_siren_invalide"),
        (9, "consultations_sans_reference"),
        (10, "consultations_de_test"),
        (11, "consultations_nombre_de_cellules"),
    )
    contenu = csv_bytes(rows, ";", "cp1252", "\r\n")
    deposit.plant("consultations", "sdm_consultations_reprise.csv", contenu, "integre_avec_rejets", codes)
    sans_siren = csv_bytes([_without(header, row, "siren") for row in rows[:2]], ";", "utf-8")
    absente = [(0, "consultations_colonne_obligatoire_absente")]
    deposit.plant("consultations", "sdm_sans_siren.csv", sans_siren, "rejete", absente)


def _odd_tenders(truth: Truth, hote: Collectivite, mois: date) -> list[list[object]]:
    """Lines that land: one as it should be, then a negative count, a wrong date, a wrong boolean, an early closing."""
    header, suivi = consultations.HEADER, month_end(shift_month(mois, 1))
    bonnes = [_consultation(hote, mois, 990_001 + rang) for rang in range(5)]
    # Its paper withdrawals are negative, hence unknown.
    bonnes[1] = replace(bonnes[1], retraits_papier=0)
    bonnes[4] = replace(bonnes[4], cloture=mois.replace(day=2))
    for consultation in bonnes:
        consultations.tell(truth, consultation, consultations.counts(consultation, suivi))
    lignes = [list(consultations.row(consultation, suivi)) for consultation in bonnes]
    lignes[1][header.index("nb_retraits_dce_papier")] = -3
    lignes[2][header.index("date_cloture")] = "31/11/2026"
    lignes[3][header.index("alloti")] = "peut-être"
    return lignes


def _without(header: Sequence[str], row: Sequence[object], column: str) -> list[object]:
    """A line of a CSV that lost one of its columns."""
    return [cell for name, cell in zip(header, row, strict=True) if name != column]


def _consultation(hote: Collectivite, mois: date, reference: int) -> Consultation:
    return Consultation(
        rang=-1,
        siren=hote.siren,
        organisme="demo",
        reference=reference,
        intitule="Fourniture de linge",
        procedure="Procédure adaptée",
        categorie="Fournitures",
        mise_en_ligne=mois.replace(day=5),
        cloture=mois.replace(day=28),
        nb_lots=1,
        montant=45_000,
        retraits_elec=12,
        retraits_papier=1,
        plis_elec=4,
        plis_papier=0,
        plis_annules=0,
        plis_hors_delai=0,
    )


# --- marches ----------------------------------------------------------------------------------------------------------


def _plant_marches(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    """A file whose contracts are odd or rejected, and two broken ones."""
    records, refuses = _odd_contracts(truth, hote, mois), _refused_contracts(hote, mois)
    codes = (
        (2, "marches_montant_invraisemblable"),
        (3, "marches_cpv_invalide"),
        (4, "marches_hors_nomenclature"),
        (5, "marches_doublon_exact"),
        (6, "marches_acheteur_inconnu"),
        (7, "marches_sans_identifiant"),
        (8, "marches_sans_procedure"),
        (9, "marches_sans_date"),
    )
    contenu = marches.dump_json({"marches": {"marche": [*records, records[0], *refuses]}})
    deposit.plant("marches", "decp_reprise.json", contenu, "integre_avec_rejets", codes)
    tronque = contenu[: len(contenu) // 2]
    deposit.plant("marches", "decp_tronque.json", tronque, "rejete", [(0, "marches_json_illisible")])
    xml = marches.v2_xml([(_contract(hote, mois, "TRONQUE"), mois)])
    deposit.plant("marches", "decp_tronque.xml", xml[: len(xml) // 2], "rejete", [(0, "marches_xml_illisible")])
    inconnu = _contract(replace(hote, siren=SIREN_INCONNU, nom=NOM_INCONNU), mois, f"{mois.year}960001")
    marches.tell(truth, inconnu)
    deposit.write("marches", "decp_reprise_v1.json", marches.v1_json([(inconnu, mois)]))


def _contract(hote: Collectivite, mois: date, numero: str) -> Marche:
    return marches.supply_contract(hote, -1, numero, mois.replace(day=3))


def _odd_contracts(truth: Truth, hote: Collectivite, mois: date) -> list[dict[str, Any]]:
    """Contracts that land: one as it should be, then a wrong amount, a wrong CPV, an unknown CCAG."""
    bons = [_contract(hote, mois, f"{mois.year}99{n:04d}") for n in range(1, 5)]
    # Its amount is beyond belief: it is not counted, the contract is.
    bons[1].montant = Decimal(0)
    # Large enough to be due, but not described as the schema wants.
    bons[2].montant = bons[3].montant = Decimal("90000.00")
    for rang, marche in enumerate(bons):
        marches.tell(truth, marche, valide=rang == 0)
    records = [marches.v2_marche(marche, mois) for marche in bons]
    records[1]["montant"] = 3e11
    records[2]["codeCPV"] = "4523"
    records[3]["ccag"] = "Vente à emporter"
    return records


def _refused_contracts(hote: Collectivite, mois: date) -> list[dict[str, Any]]:
    """Contracts without one of the four things that make one: buyer, number, procedure, date."""
    refuses = [marches.v2_marche(_contract(hote, mois, f"{mois.year}98{n:04d}"), mois) for n in range(1, 5)]
    refuses[0]["acheteur"]["id"] = f"{SIREN_FAUX}00015"
    refuses[1]["id"] = ""
    refuses[2]["procedure"] = "NC"
    refuses[3]["dateNotification"] = refuses[3]["datePublicationDonnees"] = "mars 2026"
    return refuses


# --- helios -----------------------------------------------------------------------------------------------------------


def _plant_helios(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    bon = _flux(hote, mois, "901")
    helios.tell(truth, bon)
    xml = helios.aller_xml(bon, hote).replace(b'<NbrPce V="3"/>', b'<NbrPce V="7"/>', 1)
    xml = xml.replace(b"<PES_PJ>", b"<PES_Demonstration/>\n<PES_PJ>", 1)
    codes = (
        (line_of(xml, '<Bordereau Id="B1">'), "helios_nb_pieces_incoherent"),
        (line_of(xml, "<PES_Demonstration/>"), "helios_domaine_inconnu"),
    )
    deposit.plant("helios", f"{bon.nom}.xml", xml, "integre", codes)
    tronque = helios.aller_xml(_flux(hote, mois, "902"), hote)
    nom = f"{_flux(hote, mois, '902').nom}.xml"
    deposit.plant("helios", nom, tronque[: len(tronque) // 2], "rejete", [(0, "helios_xml_illisible")])
    faux = _flux(hote, mois, "903")
    faux.siret = f"{SIREN_FAUX}00015"
    codes = ((2, "helios_siret_invalide"), (0, "fichier_sans_enregistrement"))
    deposit.plant("helios", f"{faux.nom}.xml", helios.aller_xml(faux, hote), "rejete", codes)
    muet = _flux(hote, mois, "904")
    muet.bordereaux = []
    deposit.plant("helios", f"ACQUIT_{muet.nom}.xml", helios.acquit_xml(muet), "rejete", [(0, "helios_acquit_vide")])


def _flux(hote: Collectivite, mois: date, numero: str) -> Flux:
    return Flux(
        rang=-1,
        siren=hote.siren,
        siret=siret(hote.siren),
        budget="00",
        nom=f"PESALR2_{siret(hote.siren)}_{mois:%y%m}15_{numero}",
        jour=mois.replace(day=15),
        pj_dematerialisees=True,
        signature="aucune",
        bordereaux=[Bordereau(1, True, [1, 2, 3]), Bordereau(2, False, [1, 2])],
        pj_par_piece=1,
        statut="sans_acquit",
    )


# --- archivage --------------------------------------------------------------------------------------------------------


def _plant_archivage(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    attendu = _transfert(hote, mois, "1.0", "990001")
    archivage.tell(truth, attendu)
    deposit.write("archivage", f"{attendu.transfert_id}.xml", archivage.transfer_xml(attendu))
    reponse = archivage.reply_xml(replace(attendu, code="999", reponse_le=attendu.jour))
    codes = ((2, "archivage_code_reponse_inconnu"),)
    deposit.plant("archivage", f"{attendu.transfert_id}_reponse.xml", reponse, "integre", codes)
    tronque = archivage.transfer_xml(_transfert(hote, mois, "2.1", "990002"))
    contenu = tronque[: len(tronque) // 2]
    deposit.plant("archivage", "ATR_tronque.xml", contenu, "rejete", [(0, "archivage_xml_illisible")])
    futur = archivage.transfer_xml(_transfert(hote, mois, "2.1", "990003")).replace(b"seda:v2.1", b"bordereau")
    deposit.plant("archivage", "ATR_version.xml", futur, "rejete", [(0, "archivage_version_inconnue")])
    anonyme = archivage.transfer_xml(_transfert(hote, mois, "1.0", "990004")).replace(hote.siren.encode(), b"FRCOL")
    codes = ((2, "archivage_collectivite_inconnue"), (0, "fichier_sans_enregistrement"))
    deposit.plant("archivage", "ATR_sans_siren.xml", anonyme, "rejete", codes)


def _transfert(hote: Collectivite, mois: date, version: str, numero: str) -> Transfert:
    """A transfer that still awaits its reply."""
    transfert_id = f"ATR_{hote.siren}_{numero}"
    jour = mois.replace(day=12)
    return Transfert(-1, hote.siren, hote.nom, transfert_id, version, "ACTES", jour, [120_000, 45_000], None, None)


# --- retours ----------------------------------------------------------------------------------------------------------


def _plant_retours(deposit: Deposit, truth: Truth, territoire: Territoire, repondants: set[int]) -> None:
    """A return whose lines are odd or rejected, and returns refused whole; costs only, which small communes omit."""
    rang = max(repondants, key=lambda i: (-territoire.collectivites[i].population, i))
    commune, mois = territoire.collectivites[rang], territoire.mois[-12]
    rows, defauts = _odd_answers(commune, mois)
    _plant_return(deposit, f"retour_{commune.siren}_couts.csv", rows, "integre_avec_rejets", defauts)
    truth.set(commune.siren, mois, "retour", "COUT_AFFRANCHISSEMENT_EUR", Decimal("125.50"))
    for code in ("COUT_IMPRESSION_EUR", "COUT_TRANSPORT_EUR"):
        truth.set(commune.siren, mois, "retour_vide", code, 1)
    truth.add(commune.siren, mois, "retour_lignes", 3)
    truth.add(commune.siren, mois, "retour_lignes_signalees", 2)
    truth.add(commune.siren, mois, "retour_lignes_refusees", 5)
    delai = (shift_month(mois, 2) - month_end(mois)).days
    truth.set(commune.siren, mois, "retour_delai_jours", "ligne_douteuse", delai)
    _plant_incoherences(deposit, truth, commune, territoire.mois[-12:-4])
    autre = next(c for c in territoire.collectivites if c.siren != commune.siren)
    melange = [rows[0], [autre.siren, autre.nom, *rows[0][2:]]]
    _plant_return(deposit, "retour_melange.csv", melange, "rejete", [(0, "retours_plusieurs_sirens")])
    sans_entete = csv_bytes([["siren", "mois", "code", "montant"], ["x"] * 4], ";", "cp1252")
    deposit.plant("retours", "retour_autre_modele.csv", sans_entete, "rejete", [(0, "retours_entete_incomplet")])
    ancien = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    deposit.plant("retours", "retour_ancien_classeur.xls", ancien, "rejete", [(0, "retours_tableur_non_accepte")])


def _plant_incoherences(deposit: Deposit, truth: Truth, commune: Collectivite, mois: Sequence[date]) -> None:
    """A return that reads well and contradicts itself: reprints beyond documents, a cost a thousand times too high."""
    fin = mois[-1]
    reponses = [(m, "COUT_FORMATION_EUR", 12_000 if m == fin else 12) for m in mois]
    reponses += [(fin, "DOCUMENTS_DEMATERIALISES", 2), (fin, "DOCUMENTS_REIMPRIMES", 5)]
    envoye = shift_month(fin, 2)
    rows = [
        [commune.siren, commune.nom, f"{m:%m/%Y}", "1", f"{envoye:%d/%m/%Y}", code, "", str(nombre), ""]
        for m, code, nombre in reponses
    ]
    _plant_return(deposit, f"retour_{commune.siren}_incoherent.csv", rows, "integre", ())
    for m, code, nombre in reponses:
        truth.set(commune.siren, m, "retour", code, nombre)
        truth.add(commune.siren, m, "retour_lignes")
        truth.set(commune.siren, m, "retour_delai_jours", "incoherent", (envoye - month_end(fin)).days)


def _odd_answers(commune: Collectivite, mois: date) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """Lines of a return and their expected anomalies: only the first line holds a value to keep."""
    debut = [commune.siren, commune.nom, f"{mois:%m/%Y}", "1", f"{shift_month(mois, 2):%d/%m/%Y}"]
    cases = (
        ("COUT_AFFRANCHISSEMENT_EUR", "125,50", ""),
        ("COUT_IMPRESSION_EUR", "environ 80 euros", "valeur_illisible"),
        ("COUT_TRANSPORT_EUR", "-12", "valeur_negative"),
        ("COUT_TIMBRES", "40", "code_inconnu"),
        ("COUT_STOCKAGE_EUR", "30", "valeurs_contradictoires"),
        ("COUT_STOCKAGE_EUR", "35", "valeurs_contradictoires"),
    )
    rows = [[*debut, code, "", valeur, ""] for code, valeur, _ in cases]
    motifs = [motif for *_, motif in cases]
    for champ, valeur, motif in ((0, SIREN_FAUX, "siren_invalide"), (2, "13/2025", "mois_illisible")):
        rows.append([*debut, "COUT_FORMATION_EUR", "", "10", ""])
        rows[-1][champ] = valeur
        motifs.append(motif)
    return rows, [(ligne, f"retours_{motif}") for ligne, motif in enumerate(motifs, start=2) if motif]


def _plant_return(
    deposit: Deposit, nom: str, rows: Sequence[Sequence[str]], statut: str, defauts: Sequence[tuple[int, str]]
) -> None:
    contenu = csv_bytes([retours.HEADER, *rows], ";", "cp1252", "\r\n")
    deposit.plant("retours", nom, contenu, statut, defauts)


# --- services ---------------------------------------------------------------------------------------------------------


def _plant_services(deposit: Deposit, truth: Truth, territoire: Territoire, hote: Collectivite, mois: date) -> None:
    """A journal whose lines are odd or rejected, and an export that lost the documents' identifiers."""
    rang, header = territoire.collectivites.index(hote), services.WEB_HEADER
    evenements = [_signature_event(rang, mois, n) for n in range(7)]
    entite = services.entity_of(territoire, rang, mois)
    rows = [list(services.journal_row(entite, evenement, "web")) for evenement in evenements]
    # The second one has a wrong SIREN: its entity is known, hence its collectivité.
    for evenement in evenements[:2]:
        services.tell(truth, hote.siren, evenement.document)
    truth.add(hote.siren, mois, "utilisateurs_actifs")
    rows[1][header.index("collectivite_siren")] = SIREN_FAUX
    rows[2][header.index("type_document")] = "flux-de-demonstration"
    rows[3][header.index("date")] = "31/02/2026"
    rows[4][header.index("id_journal")] = "sans numéro"
    rows[5][header.index("type")] = "42"
    rows[6].append("en trop")
    codes = (
        (3, "services_siren_invalide"),
        (4, "services_flux_inconnu"),
        (5, "services_date_illisible"),
        (6, "services_sans_numero"),
        (7, "services_evenement_inconnu"),
        (8, "services_nombre_de_cellules"),
    )
    contenu = csv_bytes([header, *rows], ",", "utf-8")
    deposit.plant("services", "pastell-journal-reprise.csv", contenu, "integre_avec_rejets", codes)
    export = [services.EXPORT_HEADER, services.export_row(hote.nom, evenements[0].document, False)[:6]]
    sans_id = csv_bytes([_without(services.EXPORT_HEADER, row, "ID_D") for row in export], ",", "utf-8")
    absente = [(0, "services_colonne_obligatoire_absente")]
    deposit.plant("services", "pastell-export-0-sans-identifiant.csv", sans_id, "rejete", absente)


def _signature_event(rang: int, mois: date, numero: int) -> services.Evenement:
    """A document sent to the signature book by someone whom nothing else shows."""
    jour = mois.replace(day=8)
    document = services.Document(
        rang=rang,
        service="parapheur",
        flux="ls-document",
        id_document=f"00000000-0000-4000-a000-{numero:012d}",
        jours=(jour, jour),
        actions=("creation", "send-iparapheur"),
        utilisateur=99,
        numero_acte="",
        est_vu_s2low=False,
    )
    return services.Evenement(jour, 36_000, 1, rang, 99, document, "send-iparapheur", 9_000_001 + numero)


# --- programmes -------------------------------------------------------------------------------------------------------


def _plant_programmes(deposit: Deposit, hote: Collectivite) -> None:
    """A plan of an invented body with odd and rejected lines, and a plan without its rubriques."""
    identite = {"siren": hote.siren, "projet": "PNT-0", "date_situation": "31/12/2025"}
    cases = (
        ({"rubrique": "projet", "code": "projet", "date_debut": "01/03/2025"}, ""),
        ({"rubrique": "condition", "code": "elu_referent", "etat": "bientôt"}, "valeur_inconnue"),
        ({"rubrique": "etape", "code": "diagnostic", "etat": "close", "date_fin": "01/09/2025"}, "etape_sautee"),
        ({"rubrique": "etape", "code": "lancement", "date_fin": "01/02/2026"}, "date_a_venir"),
        ({"rubrique": "action", "code": "A1", "attente": "7"}, "note_hors_bornes"),
        ({"rubrique": "action", "code": "A1"}, "ligne_en_double"),
        ({"rubrique": "budget", "code": "budget", "annee": "cette année"}, "annee_invalide"),
        ({"rubrique": "réunion", "code": "R1"}, "rubrique_inconnue"),
        ({"rubrique": "axe", "code": "AX1", "siren": SIREN_FAUX}, "siren_invalide"),
    )
    rows = [[(identite | cells).get(name, "") for name in programmes.HEADER] for cells, _ in cases]
    defauts = [(ligne, f"programmes_{motif}") for ligne, (_, motif) in enumerate(cases, start=2) if motif]
    contenu = csv_bytes([programmes.HEADER, *rows], ";", "cp1252", "\r\n")
    deposit.plant("programmes", "plan_a_revoir.csv", contenu, "integre_avec_rejets", defauts)
    sans_rubrique = csv_bytes([[name for name in programmes.HEADER if name != "rubrique"]], ";", "cp1252")
    defauts = [(0, "programmes_entete_incomplet")]
    deposit.plant("programmes", "plan_sans_rubrique.csv", sans_rubrique, "rejete", defauts)


# --- enquetes ---------------------------------------------------------------------------------------------------------


def _plant_enquetes(deposit: Deposit, hote: Collectivite) -> None:
    """An export with odd lines, one whose campaign nobody described, a campaign without its dates."""
    contenu, codes = enquetes.odd_export(hote)
    deposit.plant("enquetes", "results-survey_reprise.csv", contenu, "integre_avec_rejets", codes)
    inconnue = [(0, "enquetes_campagne_inconnue")]
    deposit.plant("enquetes", "results-survey_sans_campagne.csv", enquetes.unknown_export(), "rejete", inconnue)
    sans_dates = [(0, "enquetes_campagne_incomplete")]
    deposit.plant("enquetes", "campagne_sans_dates.csv", enquetes.campaign_without_dates(), "rejete", sans_dates)


# --- accompagnement ---------------------------------------------------------------------------------------------------


def _plant_accompagnement(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    """A file of each kind with odd or rejected lines, and one without the column that makes it readable."""
    _plant_events(deposit, truth, hote, mois)
    lines = [
        accompagnement.ticket_row(mois, hote.siren, "actes", 3, 6.0),
        accompagnement.ticket_row(mois, SIREN_FAUX, "actes", 2, 6.0),
        accompagnement.ticket_row(mois, hote.siren, "téléphone", 2, 6.0),
        accompagnement.ticket_row(mois, hote.siren, "helios", -4, None),
        ("mars", hote.siren, "helios", 2, ""),
    ]
    truth.add(hote.siren, mois, "tickets", 3, "actes")
    codes = (
        (3, "accompagnement_siren_invalide"),
        (4, "accompagnement_service_inconnu"),
        (5, "accompagnement_nombre_negatif"),
        (6, "accompagnement_mois_illisible"),
    )
    header = accompagnement.TICKETS_HEADER
    contenu = csv_bytes([header, *lines], ";", "utf-8")
    deposit.plant("accompagnement", "tickets_reprise.csv", contenu, "integre_avec_rejets", codes)
    contenu = csv_bytes([_without(header, line, "service") for line in (header, lines[0])], ";", "utf-8")
    absente = [(0, "accompagnement_colonne_obligatoire_absente")]
    deposit.plant("accompagnement", "tickets_sans_service.csv", contenu, "rejete", absente)


def _plant_events(deposit: Deposit, truth: Truth, hote: Collectivite, mois: date) -> None:
    """Events without a readable date or a known type, and attendance of a collectivité that nobody knows."""
    header = accompagnement.EVENEMENTS_HEADER
    bon, sans_date, sans_type = (
        Evenement(f"{mois.year}-REPRISE-{rang:02d}", "webinaire", "autre", mois.replace(day=12), "", "", 0.0)
        for rang in range(1, 4)
    )
    lines = [list(accompagnement.event_row(evenement)) for evenement in (bon, sans_date, sans_type)]
    lines[1][header.index("date")] = "un mardi"
    lines[2][header.index("type")] = "goûter"
    codes = [(3, "accompagnement_date_illisible"), (4, "accompagnement_type_inconnu")]
    contenu = csv_bytes([header, *lines], ";", "cp1252")
    deposit.plant("accompagnement", "evenements_reprise.csv", contenu, "integre", codes)
    presences = [(bon.id_evenement, hote.siren, 2), (bon.id_evenement, SIREN_INCONNU, 1)]
    for _, siren, nombre in presences:
        accompagnement.tell_attendance(truth, bon, siren, nombre)
    rows = [accompagnement.PARTICIPATIONS_HEADER, *presences, presences[0], ("", hote.siren, 1)]
    codes = [(4, "accompagnement_ligne_repetee"), (5, "accompagnement_sans_evenement")]
    contenu = csv_bytes(rows, ",", "utf-8")
    deposit.plant("accompagnement", "participations_reprise.csv", contenu, "integre_avec_rejets", codes)


# --- adhesions --------------------------------------------------------------------------------------------------------


def _plant_adhesions(deposit: Deposit, truth: Truth, hote: Collectivite) -> None:
    """A list with one good line among those that are none; a list of agreements that are odd; one without dates."""
    bonne = Adhesion(hote.siren, hote.nom, "partenaire", "", date(2020, 1, 1), None, "", hote.siren)
    adhesions.tell(truth, bonne)
    lignes = [list(adhesions.row(bonne, date(2026, 11, 20))) for _ in range(7)]
    column = adhesions.HEADER.index
    lignes[1][column("siren")] = SIREN_FAUX
    lignes[2][column("type_adhesion")] = "adherant"
    lignes[3][column("type_adhesion")] = "service"
    lignes[4][column("service")] = "marches"
    lignes[5][column("date_debut")] = "2020-13-01"
    lignes[6][column("date_fin")] = "2019-12-31"
    codes = (
        "siren_invalide",
        "type_inconnu",
        "service_absent",
        "service_superflu",
        "date_illisible",
        "fin_avant_debut",
    )
    defauts = [(3 + rang, f"adhesions_{code}") for rang, code in enumerate(codes)]
    contenu = csv_bytes([adhesions.HEADER, *lignes], ";", "cp1252", "\r\n")
    deposit.plant("adhesions", "adhesions_a_corriger.csv", contenu, "integre_avec_rejets", defauts)
    _plant_agreements(deposit, hote)
    sans_date = [_without(adhesions.HEADER, ligne, "date_debut") for ligne in (adhesions.HEADER, lignes[0])]
    sans_date[0].append("reference_convention")
    sans_date[1].append("CA-1")
    contenu = csv_bytes(sans_date, ";", "utf-8")
    deposit.plant("adhesions", "adhesions_sans_date.csv", contenu, "rejete", [(0, "fichier_non_reconnu")])


def _plant_agreements(deposit: Deposit, hote: Collectivite) -> None:
    """Agreements that land: unsigned, of a version that nobody can read, and reminded one day that is none."""
    attendue = Convention(hote.siren, hote.nom, "CA-9001", "juillet 2017", None, None, None)
    lignes = [list(adhesions.agreement_row(attendue, date(2026, 11, 20))) for _ in range(2)]
    lignes[1][adhesions.CONVENTIONS_HEADER.index("reference_convention")] = ""
    defauts = [
        (2, "adhesions_version_illisible"),
        (2, "adhesions_convention_non_signee"),
        (3, "adhesions_sans_reference"),
    ]
    contenu = csv_bytes([adhesions.CONVENTIONS_HEADER, *lignes], ";", "utf-8")
    deposit.plant("adhesions", "conventions_a_corriger.csv", contenu, "integre_avec_rejets", defauts)


# --- comptes ----------------------------------------------------------------------------------------------------------


def _plant_comptes(deposit: Deposit, truth: Truth, hote: Collectivite) -> None:
    """Agents whose lines are odd or rejected, an export without states, and a month of companies that is none."""
    header = comptes.AGENTS_HEADER
    compte = Compte(900_001, hote, date(2020, 3, 4), True, True, False, 1)
    truth.add(hote.siren, compte.creation, "compte_debut")
    lignes = [list(comptes.row(replace(compte, user_id=900_001 + rang), True)) for rang in range(6)]
    lignes[1][header.index("organism_siren")] = SIREN_FAUX
    lignes[2][header.index("user_id")] = ""
    lignes[3][header.index("profil_enabled")] = "peut-être"
    lignes[4][header.index("agent_profil_creation_date")] = ""
    lignes[5][header.index("agent_profil_creation_date")] = "le printemps"
    codes = ("siren_invalide", "sans_identifiant", "actif_illisible", "sans_date_creation", "date_illisible")
    defauts = [(3 + rang, f"comptes_{code}") for rang, code in enumerate(codes)]
    contenu = comptes.quoted([header, *lignes])
    deposit.plant("comptes", "export_agents_reprise.csv", contenu, "integre_avec_rejets", defauts)
    contenu = comptes.quoted([_without(header, ligne, "profil_enabled") for ligne in (header, lignes[0])])
    absente = [(0, "comptes_colonne_obligatoire_absente")]
    deposit.plant("comptes", "export_agents_sans_etat.csv", contenu, "rejete", absente)
    contenu = csv_bytes([comptes.COMPANIES_HEADER, ("printemps", 1, 1)], ";", "utf-8")
    codes_entreprises = [(2, "comptes_mois_illisible"), (0, "fichier_sans_enregistrement")]
    deposit.plant("comptes", "entreprises_sans_mois.csv", contenu, "rejete", codes_entreprises)
