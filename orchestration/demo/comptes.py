"""Accounts of the agents, certificates of those who transmit, companies of the buyer profile.

Two exports of the agents, one of the middle of the history and one of the day of the deposit; each holds an account
made that very day, from which its date can be told. Everyone who signs in has an account, made long before.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.demo.deposit import Deposit
from orchestration.demo.territory import DATE_DU_DEPOT, Collectivite, Territoire, generator, month_end
from orchestration.demo.truth import Truth

APPLICATIONS = ("SDM", "PASTELL", "PARAPHEUR", "SAE")
AGENTS_HEADER = (
    "user_id",
    "user_last_connection_date",
    "user_mean_time_betweenTwoConnections",
    "user_nbConnections",
    "user_civility",
    "user_firstname",
    "user_lastname",
    "user_username",
    "user_connectionAttempts",
    "profil_id",
    "profil_externalId",
    "profil_email",
    "profil_enabled",
    "profil_function",
    "profil_phone",
    "agent_profil_creation_date",
    "agent_profil_elected",
    "agent_profil_executive",
    *(f"agent_profil_role_{application}" for application in APPLICATIONS),
    "organism_department_id",
    "organism_label",
    "organism_siren",
    "organism_nic",
)
CERTIFICATES_HEADER = (
    "id",
    "authority_siren",
    "name",
    "email",
    "role",
    "status",
    "subject_dn",
    "cert_serial",
    "cert_not_after",
    "certificate_rgs_2_etoiles",
)
COMPANIES_HEADER = ("mois", "entreprises_inscrites", "entreprises_actives")
# What the founding documents give (2010, 2017): registered only.
ENTREPRISES_CITEES = ((date(2010, 5, 1), 12_000), (date(2017, 10, 1), 35_000))
INSCRITES_PAR_MOIS, INSCRITES_AU_DEPART, PART_ACTIVES = 110, 41_500, 0.19
NB_UTILISATEURS_MAX, HABITANTS_PAR_UTILISATEUR = 12, 4_000
"""Who signs in: as many as the journal of the services knows at most."""
PART_JAMAIS_ACTIFS, PART_DESACTIVES, PART_RECENTS, PART_ELUS, PART_CERTIFICATS = 0.06, 0.1, 0.25, 0.15, 0.75


@dataclass(frozen=True, slots=True)
class Compte:
    """One account: made on a day, enabled or not at each of the two exports."""

    user_id: int
    collectivite: Collectivite
    creation: date
    actif_avant: bool
    actif: bool
    elu: bool
    nb_applications: int


def write_comptes(deposit: Deposit, truth: Truth, territoire: Territoire, graine: int) -> list[Compte]:
    """Draw the accounts, write the exports and their truth; returns the accounts."""
    rng = generator(graine, "comptes")
    milieu = month_end(territoire.mois[len(territoire.mois) // 2 - 1])
    comptes = _draw(rng, territoire, milieu)
    anciens = [c for c in comptes if c.creation <= milieu]
    lignes = [row(c, c.actif_avant) for c in anciens]
    deposit.write("comptes", f"export_agents_{milieu:%Y-%m-%d}.csv", quoted([AGENTS_HEADER, *lignes]))
    lignes = [row(c, c.actif) for c in comptes]
    deposit.write("comptes", f"export_agents_{DATE_DU_DEPOT:%Y-%m-%d}.csv", quoted([AGENTS_HEADER, *lignes]))
    _write_certificates(rng, deposit, truth, territoire)
    _write_companies(rng, deposit, truth, territoire)
    for compte in comptes:
        tell(truth, compte, milieu)
    return comptes


def quoted(rows: list[tuple[object, ...]], separator: str = ";") -> bytes:
    """A CSV as the registry writes it: every cell between quotes."""
    return "".join(separator.join(f'"{cell}"' for cell in cells) + "\r\n" for cells in rows).encode()


def row(compte: Compte, actif: bool) -> tuple[object, ...]:
    """One line of an export of agents; the persons are invented and their names say so."""
    nom = f"fictif{compte.user_id}"
    roles = tuple("ROLE_AGENT" if rang < compte.nb_applications else "" for rang in range(len(APPLICATIONS)))
    return (
        compte.user_id,
        "2019-03-01 08:00:00",
        "",
        "0",
        "NA",
        "Agent",
        nom.upper(),
        nom,
        "0",
        compte.user_id,
        f"ext-{compte.user_id}",
        f"{nom}@exemple.invalid",
        "true" if actif else "false",
        "",
        "",
        f"{compte.creation.isoformat()} 09:30:00.0",
        "true" if compte.elu else "false",
        "false",
        *roles,
        "1",
        compte.collectivite.nom,
        compte.collectivite.siren,
        "00010",
    )


def tell(truth: Truth, compte: Compte, milieu: date) -> None:
    """Write an account as two events: the month it starts to count, and the first month it no longer counts."""
    ever_seen_enabled = compte.actif or (compte.actif_avant and compte.creation <= milieu)
    if ever_seen_enabled:
        truth.add(compte.collectivite.siren, compte.creation, "compte_debut")
        if not compte.actif:
            truth.add(compte.collectivite.siren, DATE_DU_DEPOT, "compte_fin")


def _draw(rng: np.random.Generator, territoire: Territoire, milieu: date) -> list[Compte]:
    """Those who work on the platform, then others, some of whom came late, left, or never were enabled."""
    comptes: list[Compte] = []
    for collectivite in territoire.collectivites:
        fixes = min(NB_UTILISATEURS_MAX, 1 + collectivite.population // HABITANTS_PAR_UTILISATEUR)
        for rang in range(fixes + int(rng.poisson(1 + fixes / 2))):
            comptes.append(_one(rng, territoire, collectivite, 1_000 + len(comptes), rang < fixes, milieu))
    hote = next(c for c in territoire.collectivites if not c.est_compte)
    for jour in (milieu, DATE_DU_DEPOT):
        comptes.append(Compte(1_000 + len(comptes), hote, jour, True, True, False, 1))
    return comptes


def _one(
    rng: np.random.Generator,
    territoire: Territoire,
    collectivite: Collectivite,
    user_id: int,
    fixe: bool,
    milieu: date,
) -> Compte:
    ancien = fixe or rng.random() >= PART_RECENTS
    debut, fin = (date(2008, 1, 1), territoire.mois[0]) if ancien else (territoire.mois[0], DATE_DU_DEPOT)
    creation = debut + timedelta(days=int(rng.integers(0, (fin - debut).days)))
    sort = 1.0 if fixe else rng.random()
    actif_avant = sort >= PART_JAMAIS_ACTIFS
    actif = sort >= PART_JAMAIS_ACTIFS + (PART_DESACTIVES if creation <= milieu else 0)
    elu = bool(rng.random() < PART_ELUS)
    return Compte(user_id, collectivite, creation, actif_avant, actif, elu, int(rng.integers(1, 5)))


def _write_certificates(rng: np.random.Generator, deposit: Deposit, truth: Truth, territoire: Territoire) -> None:
    """Certificates of one to three years, some of which expired."""
    rows: list[tuple[object, ...]] = [CERTIFICATES_HEADER]
    for rang, collectivite in enumerate(territoire.collectivites):
        if rng.random() < PART_CERTIFICATS:
            fin = DATE_DU_DEPOT + timedelta(days=int(rng.integers(-200, 900)))
            rgs = "t" if rng.random() < 0.8 else "f"
            nom = f"fictif{rang}"
            rows.append(
                (
                    20_000 + rang,
                    collectivite.siren,
                    nom.upper(),
                    f"{nom}@exemple.invalid",
                    "USER",
                    "1",
                    f"/C=FR/CN={nom}",
                    f"{rang:08X}",
                    f"{fin.isoformat()} 23:59:59",
                    rgs,
                )
            )
            truth.add(collectivite.siren, fin, "certificat_fin")
    deposit.write("comptes", "s2low_users.csv", quoted(rows, ","))


def _write_companies(rng: np.random.Generator, deposit: Deposit, truth: Truth, territoire: Territoire) -> None:
    """One line for each month, and the two numbers that the founding documents cite."""
    rows: list[tuple[object, ...]] = [COMPANIES_HEADER]
    for mois, inscrites in ENTREPRISES_CITEES:
        rows.append((f"{mois:%m/%Y}", inscrites, ""))
    for rang, mois in enumerate(territoire.mois):
        inscrites = INSCRITES_AU_DEPART + INSCRITES_PAR_MOIS * rang + int(rng.integers(0, 60))
        actives = round(inscrites * PART_ACTIVES * float(territoire.saison[rang]) ** 0.3)
        rows.append((f"{mois:%m/%Y}", inscrites, actives))
        truth.add("", mois, "entreprises_inscrites", inscrites)
        truth.add("", mois, "entreprises_actives", actives)
    deposit.write("comptes", "entreprises.csv", quoted(rows))
