"""Accounts, certificates and companies: who could use the platform, counted and never named.

Three files. The agents of the organisations' registry (myec3-socle): `;`, everything quoted, UTF-8, about 35 columns,
then one `agent_profil_role_<Application>` for each application, its roles separated by `/`. The users of the remote
transmission (S2LOW), for the end of validity of their certificates. Registered and active companies of the buyer
profile, one line per month.

Names, logins, e-mails, addresses and certificates are never read; a user or a certificate is a truncated SHA-256, only
to count distinct ones. The last connection and the number of connections are known to be stale since the sign-in moved
elsewhere: they are left unread too. An agent without a service is missing from the export, which therefore undercounts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from orchestration.ingest.outcome import Anomaly, Format, Source
from orchestration.ingest.readers import siren_of
from orchestration.ingest.retours import mois_of
from orchestration.ingest.tables import Layout, codes_of, date_motif, figure, header_of, lines_of, short

ROLE_PREFIX = "agent_profil_role_"
ROLES = frozenset(
    {
        "ROLE_DEFAULT",
        "ROLE_SUPER_ADMIN",
        "ROLE_ADMIN",
        "ROLE_MANAGER_AGENT",
        "ROLE_APPLICATION_MANAGER_AGENT",
        "ROLE_AGENT",
        "ROLE_EMPLOYEE",
        "ROLE_MANAGER_EMPLOYEE",
    }
)
BOOLEANS = frozenset({"1", "oui", "true", "vrai", "o", "0", "non", "false", "faux", "n"})
HASH_CHARS = 16
MAX_COUNT = 10_000_000

AGENTS = Layout(
    "comptes",
    mandatory=("user_id", "organism_siren", "profil_enabled"),
    expected=("agent_profil_creation_date", "agent_profil_elected"),
    dropped=(
        "user_last_connection_date",
        "user_mean_time_betweentwoconnections",
        "user_nbconnections",
        "user_civility",
        "user_firstname",
        "user_lastname",
        "user_username",
        "user_connectionattempts",
        "profil_id",
        "profil_externalid",
        "profil_technicalidentifier",
        "profil_canton",
        "profil_city",
        "profil_country",
        "profil_postaladdress",
        "profil_postalcode",
        "profil_cellphone",
        "profil_email",
        "profil_fax",
        "profil_function",
        "profil_grade",
        "profil_phone",
        "agent_profil_executive",
        "agent_profil_representative",
        "agent_profil_substitute",
        "organism_department_id",
        "organism_department_label",
        "organism_id",
        "organism_label",
        "organism_nic",
    ),
    is_dynamic=lambda name: name.startswith(ROLE_PREFIX),
)
CERTIFICATES = Layout(
    "comptes",
    mandatory=("id", "authority_siren", "cert_not_after"),
    expected=("status", "certificate_rgs_2_etoiles"),
    optional=("cert_serial",),
    dropped=(
        "role",
        "authority_id",
        "authority_name",
        "name",
        "givenname",
        "email",
        "login",
        "telephone",
        "subject_dn",
        "issuer_dn",
        "certificate",
    ),
)
COMPANIES = Layout("comptes", mandatory=("mois", "entreprises_inscrites", "entreprises_actives"), expected=())


@dataclass(frozen=True, slots=True)
class Compte:
    """One agent's account as exported; the user is a hash, and only the number of applications is kept."""

    ligne: int
    siren: str
    compte_id_hache: str
    profil_actif: str | None
    date_creation: str | None
    elu: str | None
    nb_applications: str


@dataclass(frozen=True, slots=True)
class Certificat:
    """One user's certificate on the remote transmission; nothing of its content but its end."""

    ligne: int
    siren: str
    certificat_id_hache: str
    date_fin_validite: str | None
    statut: str | None
    rgs_2_etoiles: str | None


@dataclass(frozen=True, slots=True)
class Entreprises:
    """Companies of the buyer profile, counted by the platform for one month."""

    ligne: int
    mois: str
    entreprises_inscrites: str | None
    entreprises_actives: str | None


def hashed(*parts: str) -> str:
    """What tells two persons apart and says nothing of either."""
    return sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()[:HASH_CHARS]


def parse_agents(stream: BinaryIO) -> Iterator[Compte | Anomaly]:
    """Yield the accounts of an export of agents."""
    seen: dict[tuple[str, str], Compte] = {}
    for outcome in lines_of(stream, AGENTS):
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        compte = _account(*outcome)
        if isinstance(compte, Anomaly):
            yield compte
            continue
        if (compte.siren, compte.compte_id_hache) in seen:
            yield _told(compte, "compte_en_double", "user_id")
        seen[compte.siren, compte.compte_id_hache] = compte
        yield compte
        yield from _oddities_of_account(compte, outcome[1])


def _account(ligne: int, values: dict[str, str]) -> Compte | Anomaly:
    siren = siren_of(values["organism_siren"])
    if siren is None:
        return Anomaly("rejet", "comptes_siren_invalide", ligne, "organism_siren", figure(values["organism_siren"]))
    if not values["user_id"]:
        return Anomaly("rejet", "comptes_sans_identifiant", ligne, "user_id", None, siren)
    nb_applications = sum(bool(value) for name, value in values.items() if name.startswith(ROLE_PREFIX))
    return Compte(
        ligne=ligne,
        siren=siren,
        compte_id_hache=hashed(values["user_id"]),
        profil_actif=values["profil_enabled"] or None,
        date_creation=values.get("agent_profil_creation_date") or None,
        elu=values.get("agent_profil_elected") or None,
        nb_applications=str(nb_applications),
    )


def _told(record: Compte | Certificat, motif: str, champ: str, valeur: str | None = None) -> Anomaly:
    return Anomaly("avertissement", f"comptes_{motif}", record.ligne, champ, valeur, record.siren)


def _oddities_of_account(compte: Compte, values: dict[str, str]) -> Iterator[Anomaly]:
    if compte.profil_actif is None or compte.profil_actif.lower() not in BOOLEANS:
        yield _told(compte, "actif_illisible", "profil_enabled")
    if compte.date_creation is None:
        yield _told(compte, "sans_date_creation", "agent_profil_creation_date")
    elif motif := date_motif(compte.date_creation):
        yield _told(compte, motif, "agent_profil_creation_date", figure(compte.date_creation))
    for name, value in values.items():
        if name.startswith(ROLE_PREFIX) and not set(value.upper().split("/")) <= ROLES | {""}:
            yield _told(compte, "role_inconnu", name if re.fullmatch(r"[a-z0-9_\-]{1,60}", name) else "")


def parse_certificates(stream: BinaryIO) -> Iterator[Certificat | Anomaly]:
    """Yield the certificates of an extract of S2LOW's users; a user without one is no certificate."""
    for outcome in lines_of(stream, CERTIFICATES):
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        ligne, values = outcome
        siren = siren_of(values["authority_siren"])
        if siren is None:
            valeur = figure(values["authority_siren"])
            yield Anomaly("rejet", "comptes_siren_invalide", ligne, "authority_siren", valeur)
            continue
        if not values["id"]:
            yield Anomaly("rejet", "comptes_sans_identifiant", ligne, "id", None, siren)
            continue
        certificat = _certificate(ligne, siren, values)
        yield certificat
        if certificat.date_fin_validite is None:
            yield _told(certificat, "sans_echeance", "cert_not_after")
        elif motif := date_motif(certificat.date_fin_validite):
            yield _told(certificat, motif, "cert_not_after", figure(certificat.date_fin_validite))


def _certificate(ligne: int, siren: str, values: dict[str, str]) -> Certificat:
    return Certificat(
        ligne=ligne,
        siren=siren,
        certificat_id_hache=hashed(values["id"], values.get("cert_serial", "")),
        date_fin_validite=values["cert_not_after"] or None,
        statut=short(values.get("status", "")),
        rgs_2_etoiles=values.get("certificate_rgs_2_etoiles") or None,
    )


def parse_companies(stream: BinaryIO) -> Iterator[Entreprises | Anomaly]:
    """Yield the months of a table of companies."""
    for outcome in lines_of(stream, COMPANIES):
        if isinstance(outcome, Anomaly):
            yield outcome
            continue
        ligne, values = outcome
        if mois_of(values["mois"]) is None:
            yield Anomaly("rejet", "comptes_mois_illisible", ligne, "mois", figure(values["mois"]))
            continue
        counts = {name: _count(values[name]) for name in COMPANIES.mandatory[1:]}
        for name, count in counts.items():
            if values[name] and count is None:
                yield Anomaly("avertissement", "comptes_nombre_illisible", ligne, name, figure(values[name]))
        inscrites, actives = counts.values()
        if inscrites is not None and actives is not None and actives > inscrites:
            yield Anomaly("avertissement", "comptes_actives_en_trop", ligne, "entreprises_actives", str(actives))
        yield Entreprises(ligne, values["mois"], *(values[name] or None for name in counts))


def _count(text: str) -> int | None:
    digits = re.sub(r"[ \u00a0\u202f]", "", text)
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) and int(digits) <= MAX_COUNT else None


def _recognise_agents(head: bytes) -> bool:
    return {"user_id", "organism_siren"} <= header_of(head)


def _recognise_certificates(head: bytes) -> bool:
    return {"cert_not_after", "authority_siren"} <= header_of(head)


def _recognise_companies(head: bytes) -> bool:
    return bool({"entreprises_inscrites", "entreprises_actives"} & header_of(head))


SOURCE = Source(
    name="comptes",
    version=1,
    formats=(
        Format("CSV des agents (myec3)", _recognise_agents, parse_agents),
        Format("CSV des certificats (S2LOW)", _recognise_certificates, parse_certificates),
        Format("CSV des entreprises", _recognise_companies, parse_companies),
    ),
    tables={"comptes": Compte, "certificats": Certificat, "entreprises": Entreprises},
    codes=codes_of(
        "comptes",
        {
            "siren_invalide": "Le SIREN « {valeur} » n'est pas un numéro valide : la ligne ne peut être rattachée.",
            "sans_identifiant": "L'identifiant du compte manque : on ne saurait le compter une seule fois.",
            "actif_illisible": "La colonne « {champ} » doit dire vrai ou faux : ce compte n'est pas tenu pour actif.",
            "sans_date_creation": "La date de création du compte manque : il n'est compté dans aucun mois.",
            "date_illisible": "La date « {valeur} » de la colonne « {champ} » n'est pas lisible.",
            "date_hors_bornes": "La date « {valeur} » de la colonne « {champ} » est invraisemblable.",
            "role_inconnu": "Un rôle de la colonne « {champ} » n'est pas de la liste de la plate-forme.",
            "compte_en_double": "Ce compte figure deux fois pour le même organisme : la dernière ligne est retenue.",
            "sans_echeance": "La fin de validité du certificat manque : on ne saura pas s'il est valide.",
            "mois_illisible": "Le mois « {valeur} » n'est pas lisible : écrivez MM/AAAA (03/2026 pour mars 2026).",
            "nombre_illisible": "La colonne « {champ} » attend un nombre entier : « {valeur} » n'en est pas un.",
            "actives_en_trop": "{valeur} entreprises actives sont comptées, plus que d'inscrites : le mois n'entre "
            "dans aucun taux.",
        },
    ),
)
