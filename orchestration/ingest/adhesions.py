"""Memberships and agreements of the syndicate: two CSV files that its secretariat keeps, `;`, one line per fact.

A membership says what a collectivité is (statutory member, platform member, buyer-profile entity, of a panel,
prospect, trial…) or which service it opened, from a date and until another. An agreement is a convention of access,
its version and its dates. Each file is a dated photograph (`date_photo`); a line missing from a later one deletes
nothing. The templates and their dictionary are in `modeles/adhesions/`. What tells the line's origin (`source`) is free
text and is not kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from orchestration.ingest.outcome import Anomaly, Emitter, Format, Source
from orchestration.ingest.readers import date_of, nomenclature, siren_of
from orchestration.ingest.tables import Layout, codes_of, date_motif, figure, header_of, lines_of, short

SERVICE = "service"
TRIAL = "test"
MAX_NAME_CHARS = 120
MEMBERSHIPS = Layout(
    "adhesions",
    mandatory=("siren", "type_adhesion", "date_debut"),
    expected=("collectivite", "service", "date_fin"),
    optional=("groupe", "date_photo"),
    dropped=("source",),
)
AGREEMENTS = Layout(
    "adhesions",
    mandatory=("siren", "reference_convention", "version_convention"),
    expected=("date_signature", "date_fin", "date_relance"),
    optional=("date_photo",),
    dropped=("collectivite",),
)


@dataclass(frozen=True, slots=True)
class Adhesion:
    """One membership as written; text as received, except the SIREN, rid of its typography, and the codes, folded."""

    ligne: int
    siren: str
    collectivite: str | None
    type_adhesion: str
    service: str | None
    date_debut: str
    date_fin: str | None
    groupe: str | None
    date_photo: str | None


@dataclass(frozen=True, slots=True)
class Convention:
    """One agreement as written; text as received, except the SIREN, rid of its typography."""

    ligne: int
    siren: str
    reference_convention: str
    version_convention: str | None
    date_signature: str | None
    date_fin: str | None
    date_relance: str | None
    date_photo: str | None


def parse_memberships(stream: BinaryIO) -> Iterator[Adhesion | Anomaly | Emitter]:
    """Yield the memberships of a list, then tell the members that the same list calls trials."""
    seen: dict[tuple[str | None, ...], Adhesion] = {}
    for outcome in lines_of(stream, MEMBERSHIPS):
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        adhesion = _membership(*outcome)
        if isinstance(adhesion, Anomaly):
            yield adhesion
            continue
        key = (adhesion.siren, adhesion.collectivite, adhesion.type_adhesion, adhesion.service, adhesion.date_debut)
        if before := seen.get(key):
            same = (before.date_fin, before.groupe) == (adhesion.date_fin, adhesion.groupe)
            yield _told(adhesion, "doublon_exact" if same else "cle_en_double", "type_adhesion", adhesion.type_adhesion)
            if same:
                continue
        seen[key] = adhesion
        yield adhesion
    yield from _members_on_trial(list(seen.values()))


def _members_on_trial(adhesions: list[Adhesion]) -> Iterator[Anomaly]:
    """An entity that is both a trial and a member is never counted: the secretariat should say which it is."""
    trials = {adhesion.siren for adhesion in adhesions if adhesion.type_adhesion == TRIAL}
    for adhesion in adhesions:
        if adhesion.siren in trials and adhesion.type_adhesion != TRIAL:
            yield _told(adhesion, "membre_de_test", "type_adhesion", adhesion.type_adhesion)


def _membership(ligne: int, values: dict[str, str]) -> Adhesion | Anomaly:
    siren = siren_of(values["siren"])
    if siren is None:
        return Anomaly("rejet", "adhesions_siren_invalide", ligne, "siren", figure(values["siren"]))
    type_adhesion, service = _code(values["type_adhesion"]), _code(values.get("service", ""))
    motif = _type_motif(type_adhesion, service) or _dates_motif(values["date_debut"], values.get("date_fin", ""))
    if motif:
        champ, code = motif
        valeur = (figure if champ.startswith("date") else short)(values.get(champ, ""))
        return Anomaly("rejet", f"adhesions_{code}", ligne, champ, valeur, siren)
    return Adhesion(
        ligne=ligne,
        siren=siren,
        collectivite=_name(values.get("collectivite")),
        type_adhesion=type_adhesion,
        service=service or None,
        date_debut=values["date_debut"],
        date_fin=values.get("date_fin") or None,
        groupe=_name(values.get("groupe")),
        date_photo=values.get("date_photo") or None,
    )


def _code(text: str) -> str:
    """A code of the lists, its case and spaces forgiven."""
    return re.sub(r"[\s\-]+", "_", text.strip().lower())


def _name(text: str | None) -> str | None:
    """The name of an entity or of a group, cut at a reasonable length; an e-mail address is no name."""
    return text[:MAX_NAME_CHARS] if text and "@" not in text else None


def _type_motif(type_adhesion: str, service: str) -> tuple[str, str] | None:
    """(column, motive) when type and service do not make a membership."""
    if type_adhesion not in nomenclature("ref_types_adhesion", "type_adhesion"):
        return "type_adhesion", "type_inconnu"
    if service and service not in nomenclature("ref_services", "code_service"):
        return "service", "service_inconnu"
    if type_adhesion == SERVICE and not service:
        return "service", "service_absent"
    if type_adhesion != SERVICE and service:
        return "service", "service_superflu"
    return None


def _dates_motif(start: str, end: str) -> tuple[str, str] | None:
    """(column, motive) when the dates cannot be trusted: a wrong end would make a former member a member."""
    if date_of(start) is None and date_motif(start) is None:
        return "date_debut", "sans_date_debut"
    for champ, text in (("date_debut", start), ("date_fin", end)):
        if motif := date_motif(text):
            return champ, motif
    first, last = date_of(start), date_of(end)
    if first and last and last < first:
        return "date_fin", "fin_avant_debut"
    return None


def _told(record: Adhesion | Convention, motif: str, champ: str, valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", f"adhesions_{motif}", record.ligne, champ, valeur, record.siren)


def parse_agreements(stream: BinaryIO) -> Iterator[Convention | Anomaly | Emitter]:
    """Yield the agreements of a list."""
    seen: dict[tuple[str, str], Convention] = {}
    for outcome in lines_of(stream, AGREEMENTS):
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        convention = _agreement(*outcome)
        if isinstance(convention, Anomaly):
            yield convention
            continue
        key = (convention.siren, convention.reference_convention)
        if key in seen:
            yield _told(convention, "convention_en_double", "reference_convention", short(key[1]))
        seen[key] = convention
        yield convention
        yield from _oddities_of_agreement(convention)


def _agreement(ligne: int, values: dict[str, str]) -> Convention | Anomaly:
    siren = siren_of(values["siren"])
    if siren is None:
        return Anomaly("rejet", "adhesions_siren_invalide", ligne, "siren", figure(values["siren"]))
    if not values["reference_convention"]:
        return Anomaly("rejet", "adhesions_sans_reference", ligne, "reference_convention", None, siren)
    for champ in ("date_signature", "date_fin"):
        if motif := date_motif(values.get(champ, "")):
            return Anomaly("rejet", f"adhesions_{motif}", ligne, champ, figure(values[champ]), siren)
    kept = {name: values.get(name) or None for name in AGREEMENTS.read}
    return Convention(ligne=ligne, **(kept | {"siren": siren}))


def _oddities_of_agreement(convention: Convention) -> Iterator[Anomaly]:
    version = convention.version_convention or ""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", version):
        yield _told(convention, "version_illisible", "version_convention", short(version))
    if convention.date_signature is None:
        yield _told(convention, "convention_non_signee", "date_signature")
    first, last = date_of(convention.date_signature), date_of(convention.date_fin)
    if first and last and last < first:
        yield _told(convention, "convention_finie_avant_signature", "date_fin", figure(convention.date_fin or ""))
    if motif := date_motif(convention.date_relance or ""):
        yield _told(convention, f"relance_{motif}", "date_relance", figure(convention.date_relance or ""))


def _recognise_memberships(head: bytes) -> bool:
    """The two columns that no other source has together, whatever the order and the separator."""
    return {"type_adhesion", "date_debut"} <= header_of(head)


def _recognise_agreements(head: bytes) -> bool:
    return len({"reference_convention", "version_convention", "date_relance"} & header_of(head)) > 1


SOURCE = Source(
    name="adhesions",
    version=1,
    formats=(
        Format("CSV des adhésions", _recognise_memberships, parse_memberships),
        Format("CSV des conventions", _recognise_agreements, parse_agreements),
    ),
    tables={"adhesions": Adhesion, "conventions": Convention},
    codes=codes_of(
        "adhesions",
        {
            "siren_invalide": "Le SIREN « {valeur} » n'est pas un numéro valide : la ligne ne peut être rattachée.",
            "type_inconnu": "Le type d'adhésion « {valeur} » n'est pas de la liste : voyez le dictionnaire du modèle.",
            "service_inconnu": "Le service « {valeur} » n'est pas l'un des huit de la plate-forme : voyez le "
            "dictionnaire du modèle.",
            "service_absent": "Une adhésion de type « service » doit dire lequel : la colonne « {champ} » est vide.",
            "service_superflu": "Seul le type « service » porte un service : « {valeur} » est de trop, écrivez une "
            "ligne pour l'adhésion et une autre pour le service.",
            "sans_date_debut": "La date de début manque : sans elle, l'adhésion ne compte dans aucun mois.",
            "date_illisible": "La date « {valeur} » de la colonne « {champ} » n'est pas lisible : écrivez JJ/MM/AAAA. "
            "La ligne n'est pas reprise.",
            "date_hors_bornes": "La date « {valeur} » de la colonne « {champ} » est invraisemblable : la ligne n'est "
            "pas reprise.",
            "fin_avant_debut": "L'adhésion finirait le {valeur}, avant d'avoir commencé : la ligne n'est pas reprise.",
            "membre_de_test": "Cette entité est aussi déclarée comme entité de test : elle n'est comptée nulle part.",
            "doublon_exact": "L'adhésion « {valeur} » de cette entité figure deux fois à l'identique : elle est "
            "comptée une fois.",
            "cle_en_double": "L'adhésion « {valeur} » de cette entité figure deux fois avec la même date de début : "
            "la dernière ligne est retenue.",
            "sans_reference": "La référence de la convention manque : la ligne n'est pas reprise.",
            "version_illisible": "La version « {valeur} » doit s'écrire AAAA-MM (2017-07 pour juillet 2017) : on ne "
            "saura pas si la convention est à jour.",
            "convention_non_signee": "La convention n'a pas de date de signature : elle n'est pas tenue pour active.",
            "convention_finie_avant_signature": "La convention finirait le {valeur}, avant sa signature : elle n'est "
            "active aucun jour.",
            "convention_en_double": "La convention « {valeur} » figure deux fois : la dernière ligne est retenue.",
            "relance_date_illisible": "La date de relance « {valeur} » n'est pas lisible : écrivez JJ/MM/AAAA.",
            "relance_date_hors_bornes": "La date de relance « {valeur} » est invraisemblable.",
        },
    ),
)
