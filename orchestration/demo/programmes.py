"""Projets numériques de territoire: the two pilots at their real dates, and twenty invented plans of other EPCI.

A plan is drawn once, with its real months; a file is what could be said of it on its day: the photograph of the end of
2024 knows nothing of what came next, and that of the deposit takes its place. A few EPCI never sent the second one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from orchestration.demo.deposit import Deposit, csv_bytes
from orchestration.demo.territory import DERNIER_JOUR, Collectivite, Territoire, generator, month_end, shift_month
from orchestration.demo.truth import Truth

CHAMPS = (
    "equipe",
    "prerequis",
    "partenaires",
    "public",
    "impacts",
    "risques",
    "moyens",
    "calendrier",
    "mode_evaluation",
    "indicateurs",
)
HEADER = (
    "siren",
    "collectivite",
    "projet",
    "date_situation",
    "rubrique",
    "code",
    "rattachement",
    "annee",
    "etat",
    "thematique",
    "sens",
    "date_debut_prevue",
    "date_fin_prevue",
    "date_debut",
    "date_fin",
    "date_validation",
    "prevu",
    "realise",
    "attente",
    "cout",
    "faisabilite",
    *CHAMPS,
    "commentaire",
)
CONDITIONS = (
    "elu_referent",
    "commission",
    "demat_engagee",
    "sensibilisation",
    "chef_de_projet",
    "transversalite",
    "communes",
    "temps_agent",
    "moyens",
)
ETAPES = ("lancement", "diagnostic", "programme_actions", "mise_en_oeuvre", "evaluation")
THEMATIQUES = (
    "administration",
    "inclusion",
    "education",
    "economie",
    "culture_tourisme",
    "mobilite",
    "infrastructures",
    "participation",
    "environnement",
    "social_sante",
)
PARTICIPATIONS = {"entretiens": (8, 30), "reponses": (60, 700), "ateliers": (2, 9)}

# SIREN, first and last month of the accompaniment, communes and inhabitants: DUNAE commission, 5 October 2017.
PILOTES = (
    ("243500634", date(2014, 10, 1), date(2015, 6, 1), 16, 26_359),
    ("243500550", date(2016, 6, 1), date(2017, 6, 1), 8, 24_364),
)
COMMISSION_DUNAE = date(2017, 10, 5)
NB_AUTRES, NB_SANS_NOUVELLES = 20, 3
PREMIERE_SITUATION = date(2024, 12, 31)
PREMIER_DEBUT, DERNIER_DEBUT = date(2021, 2, 1), date(2026, 6, 1)
# Terms of the councils: first and last day.
MANDATS = (
    (date(2014, 4, 1), date(2020, 6, 30)),
    (date(2020, 7, 1), date(2026, 3, 31)),
    (date(2026, 4, 1), date(2032, 3, 31)),
)
FIN_DE_MANDAT = 18
"""Months before the end of a term under which a project prepares the next term."""


@dataclass(slots=True)
class Etape:
    """One stage: what was planned, what happened."""

    prevue: tuple[date, date]
    debut: date
    fin: date


@dataclass(slots=True)
class Indicateur:
    """One indicator of an action: `realise` is None when nobody measured it."""

    code: str
    action: str
    sens: str
    cible: int
    realise: int | None
    echeance: date


@dataclass(slots=True)
class Action:
    """One action: months of its life, its scores, the fields of its sheet."""

    code: str
    axe: str
    validation: date
    debut: date
    fin: date
    est_abandonnee: bool
    notes: tuple[int, int, int]
    champs: dict[str, bool]


@dataclass(slots=True)
class Projet:
    """One plan, with everything that will ever happen to it."""

    collectivite: Collectivite
    code: str
    situations: tuple[date, ...]
    mandat: tuple[date, date]
    nb_communes: int
    nb_habitants: int
    conditions: dict[str, str]
    etapes: list[Etape]
    axes: dict[str, str]
    actions: list[Action]
    indicateurs: list[Indicateur]
    evaluations: dict[int, bool] = field(default_factory=dict)
    participations: dict[tuple[int, str], int] = field(default_factory=dict)
    moyens: dict[int, tuple[int, int, float, float]] = field(default_factory=dict)

    @property
    def situation(self) -> date:
        """Day of the photograph that stands."""
        return self.situations[-1]


def write_programmes(deposit: Deposit, truth: Truth, territoire: Territoire, graine: int) -> list[Projet]:
    """Draw the plans, write their photographs and the truth of the last ones; returns the plans."""
    rng = generator(graine, "programmes")
    projets = _draw(rng, territoire)
    for projet in projets[: len(PILOTES)]:
        _write(deposit, f"plan_pilote_{projet.collectivite.siren}.csv", [projet], projet.situation)
    for jour in (PREMIERE_SITUATION, DERNIER_JOUR):
        for departement in ("22", "29", "35", "56"):
            sent = [p for p in projets if jour in p.situations and p.collectivite.code_departement == departement]
            if sent:
                _write(deposit, f"plans_{departement}_{jour:%Y-%m}.csv", sent, jour)
    for projet in projets:
        tell(truth, projet)
    return projets


# --- drawing ----------------------------------------------------------------------------------------------------------


def _draw(rng: np.random.Generator, territoire: Territoire) -> list[Projet]:
    by_siren = {c.siren: c for c in territoire.collectivites}
    projets = [
        _projet(rng, by_siren[siren], (debut, fin), (communes, habitants), (COMMISSION_DUNAE,))
        for siren, debut, fin, communes, habitants in PILOTES
    ]
    pilots = {siren for siren, *_ in PILOTES}
    epci = [c for c in territoire.collectivites if c.type_collectivite == "epci" and c.siren not in pilots]
    chosen = [epci[i] for i in sorted(rng.choice(len(epci), NB_AUTRES, replace=False).tolist())]
    nb_mois = _months_between(PREMIER_DEBUT, DERNIER_DEBUT)
    for rang, collectivite in enumerate(chosen):
        debut = shift_month(PREMIER_DEBUT, int(nb_mois * (rang * 7 % NB_AUTRES) / (NB_AUTRES - 1)))
        fin = shift_month(debut, int(rng.integers(5, 13)))
        is_known_early = debut < PREMIERE_SITUATION.replace(month=10)
        is_silent = is_known_early and rang % NB_AUTRES < NB_SANS_NOUVELLES
        situations = ((PREMIERE_SITUATION,) if is_known_early else ()) + (() if is_silent else (DERNIER_JOUR,))
        taille = (int(rng.integers(8, 45)), collectivite.population)
        projets.append(_projet(rng, collectivite, (debut, fin), taille, situations))
    return projets


def _months_between(debut: date, fin: date) -> int:
    return (fin.year - debut.year) * 12 + fin.month - debut.month


def _projet(
    rng: np.random.Generator,
    collectivite: Collectivite,
    accompagnement: tuple[date, date],
    taille: tuple[int, int],
    situations: tuple[date, ...],
) -> Projet:
    # A plan made in the last months of a term is that of the next one.
    mandat = next(m for m in MANDATS if shift_month(accompagnement[0], FIN_DE_MANDAT) <= m[1])
    reponses = rng.choice(("oui", "non", "inconnu"), len(CONDITIONS), p=(0.72, 0.2, 0.08)).tolist()
    axes = {f"AX{i + 1}": THEMATIQUES[int(t)] for i, t in enumerate(rng.choice(len(THEMATIQUES), 4, replace=False))}
    etapes = _etapes(rng, accompagnement, mandat)
    projet = Projet(
        collectivite=collectivite,
        code=f"PNT-{accompagnement[0].year}",
        situations=situations,
        mandat=mandat,
        nb_communes=taille[0],
        nb_habitants=taille[1],
        conditions=dict(zip(CONDITIONS, reponses, strict=True)),
        etapes=etapes,
        axes=axes,
        actions=[_action(rng, rang, list(axes), etapes[2].fin) for rang in range(int(rng.integers(7, 15)))],
        indicateurs=[],
    )
    for action in projet.actions:
        projet.indicateurs.extend(_indicateurs(rng, action, len(projet.indicateurs)))
    _yearly(rng, projet)
    return projet


def _etapes(rng: np.random.Generator, accompagnement: tuple[date, date], mandat: tuple[date, date]) -> list[Etape]:
    """The accompaniment covers the first three stages; the two others go to the end of the term."""
    debut, fin = accompagnement
    total = _months_between(debut, fin) + 1
    cuts = (max(1, total // 5), max(2, total // 2), total)
    etapes, start = [], 0
    prevu = min(total, int(rng.integers(6, 10)))
    for cut in cuts:
        planned_end = month_end(shift_month(debut, max(0, prevu * cut // total - 1)))
        planned = (shift_month(debut, prevu * start // total), planned_end)
        etapes.append(Etape(planned, shift_month(debut, start), month_end(shift_month(debut, cut - 1))))
        start = cut
    end = shift_month(mandat[1].replace(day=1), -3)
    retard = int(rng.integers(-6, 15))
    suite = (shift_month(fin, 1), month_end(end))
    etapes.append(Etape(suite, suite[0], month_end(shift_month(end, retard))))
    bilan = shift_month(end, retard + 1)
    etapes.append(Etape((shift_month(end, 1), mandat[1]), bilan, month_end(shift_month(bilan, 2))))
    return etapes


def _action(rng: np.random.Generator, rang: int, axes: list[str], adoption: date) -> Action:
    """Most are validated with the programme, some are added later; one in ten is given up."""
    ajout = 0 if rng.random() < 0.8 else int(rng.integers(3, 20))
    validation = month_end(shift_month(adoption.replace(day=1), ajout))
    debut = shift_month(validation.replace(day=1), int(rng.integers(1, 7)))
    fin = month_end(shift_month(debut, int(rng.integers(4, 40))))
    notes = tuple(int(n) for n in rng.integers(1, 6, 3))
    draws = rng.random(len(CHAMPS))
    champs = {name: bool(draw < 0.85) for name, draw in zip(CHAMPS, draws, strict=True)}
    axe = axes[int(rng.integers(len(axes)))]
    return Action(f"A{rang + 1}", axe, validation, debut, fin, bool(rng.random() < 0.1), notes, champs)


def _indicateurs(rng: np.random.Generator, action: Action, deja: int) -> list[Indicateur]:
    """None, one or two; those of an action whose sheet says nothing of indicators are none."""
    nombre = int(rng.integers(1, 3)) if action.champs["indicateurs"] else 0
    indicateurs = []
    for rang in range(nombre):
        sens = "hausse" if rng.random() < 0.8 else "baisse"
        cible = int(rng.integers(10, 400))
        realise = int(cible * rng.uniform(0.5, 1.5)) if rng.random() < 0.9 else None
        echeance = month_end(shift_month(action.debut, int(rng.integers(3, 30))))
        indicateurs.append(Indicateur(f"I{deja + rang + 1}", action.code, sens, cible, realise, echeance))
    return indicateurs


def _yearly(rng: np.random.Generator, projet: Projet) -> None:
    """Participation while the plan is made; means and evaluations every year until the photograph."""
    debut, adoption = projet.etapes[0].debut, projet.etapes[2].fin
    for annee in range(debut.year, adoption.year + 1):
        for nature, (mini, maxi) in PARTICIPATIONS.items():
            projet.participations[annee, nature] = int(rng.integers(mini, maxi))
    for annee in range(debut.year, projet.situation.year + 1):
        prevu, etp = int(rng.integers(8, 60)) * 500, float(rng.integers(8, 19)) / 100
        depense = int(prevu * rng.uniform(0.6, 1.15))
        projet.moyens[annee] = (prevu, depense, etp, round(etp * float(rng.uniform(0.6, 1.3)), 2))
        if annee > adoption.year:
            projet.evaluations[annee] = bool(rng.random() < 0.65)


# --- files ------------------------------------------------------------------------------------------------------------


def _write(deposit: Deposit, nom: str, projets: Sequence[Projet], jour: date) -> None:
    rows = [row for projet in projets for row in rows_of(projet, jour)]
    deposit.write("programmes", nom, csv_bytes([HEADER, *rows], ";", "cp1252", "\r\n"))


def line(projet: Projet, jour: date, rubrique: str, code: str, **cells: object) -> list[str]:
    """One line of a plan, as its day writes it."""
    identity = {
        "siren": projet.collectivite.siren,
        "collectivite": projet.collectivite.nom,
        "projet": projet.code,
        "date_situation": jour,
        "rubrique": rubrique,
        "code": code,
    }
    return [_text((identity | cells).get(name, "")) for name in HEADER]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def rows_of(projet: Projet, jour: date) -> list[list[str]]:
    """Everything that can be said of a plan on a day."""
    adoption = projet.etapes[2].fin
    prevue = projet.etapes[2].prevue[1]
    debut = projet.etapes[0].debut
    rows = [
        line(
            projet, jour, "projet", "projet", date_debut=debut, date_fin_prevue=prevue, date_fin=_past(adoption, jour)
        ),
        line(projet, jour, "mandat", "mandat", date_debut=projet.mandat[0], date_fin=projet.mandat[1]),
        line(projet, jour, "territoire", "communes", realise=projet.nb_communes),
        line(projet, jour, "territoire", "habitants", realise=projet.nb_habitants),
        *(line(projet, jour, "condition", code, etat=etat) for code, etat in projet.conditions.items()),
        *(_stage_row(projet, jour, code, etape) for code, etape in zip(ETAPES, projet.etapes, strict=True)),
    ]
    if adoption <= jour:
        rows += [line(projet, jour, "axe", axe, thematique=thematique) for axe, thematique in projet.axes.items()]
        rows += [_action_row(projet, jour, action) for action in projet.actions]
        rows += [_indicator_row(projet, jour, indicateur) for indicateur in projet.indicateurs]
    return rows + _yearly_rows(projet, jour)


def _past(when: date, jour: date) -> date | str:
    return when if when <= jour else ""


def _stage_row(projet: Projet, jour: date, code: str, etape: Etape) -> list[str]:
    etat = "close" if etape.fin <= jour else "en_cours" if etape.debut <= jour else "a_venir"
    dates = {"date_debut": _past(etape.debut, jour), "date_fin": _past(etape.fin, jour)}
    prevues = {"date_debut_prevue": etape.prevue[0], "date_fin_prevue": etape.prevue[1]}
    return line(projet, jour, "etape", code, etat=etat, **dates, **prevues)


def state_of(action: Action, jour: date) -> str:
    """Where an action stands on a day."""
    if action.validation > jour:
        return "proposee"
    if action.fin <= jour:
        return "abandonnee" if action.est_abandonnee else "achevee"
    return "en_cours" if action.debut <= jour else "validee"


def _action_row(projet: Projet, jour: date, action: Action) -> list[str]:
    notes = dict(zip(("attente", "cout", "faisabilite"), action.notes, strict=True))
    dates = {
        "date_validation": _past(action.validation, jour),
        "date_debut": _past(action.debut, jour),
        "date_fin": _past(action.fin, jour),
        "date_fin_prevue": action.fin - timedelta(days=31 * (len(action.code) + action.notes[0])),
    }
    etat = state_of(action, jour)
    cells = {"rattachement": action.axe, "etat": etat} | dates | notes | action.champs
    return line(projet, jour, "action", action.code, **cells)


def _indicator_row(projet: Projet, jour: date, indicateur: Indicateur) -> list[str]:
    is_measured = indicateur.realise is not None and indicateur.echeance <= jour
    return line(
        projet,
        jour,
        "indicateur",
        indicateur.code,
        rattachement=indicateur.action,
        sens=indicateur.sens,
        prevu=indicateur.cible,
        realise=indicateur.realise if is_measured else "",
        date_fin_prevue=indicateur.echeance,
    )


def _yearly_rows(projet: Projet, jour: date) -> list[list[str]]:
    rows = []
    for (annee, nature), nombre in projet.participations.items():
        if annee <= jour.year:
            rows.append(line(projet, jour, "participation", nature, annee=annee, realise=nombre))
    for annee, (prevu, depense, etp_prevu, etp) in projet.moyens.items():
        if annee <= jour.year:
            rows.append(line(projet, jour, "budget", "budget", annee=annee, prevu=prevu, realise=depense))
            rows.append(line(projet, jour, "etp", "etp", annee=annee, prevu=etp_prevu, realise=etp))
    for annee, est_faite in projet.evaluations.items():
        if annee <= jour.year:
            rows.append(line(projet, jour, "evaluation", "annuelle", annee=annee, etat=est_faite))
    return rows


# --- truth ------------------------------------------------------------------------------------------------------------


def tell(truth: Truth, projet: Projet) -> None:
    """Add what the last photograph knows: events in their month, yearly figures in January, the rest on its day."""
    siren, jour = projet.collectivite.siren, projet.situation
    truth.add(siren, jour, "pnt_situation", jour.toordinal())
    truth.add(siren, projet.etapes[0].debut, "pnt_accompagnement_debut")
    truth.add(siren, projet.mandat[1], "pnt_mandat_fin")
    truth.add(siren, jour, "pnt_habitants", projet.nb_habitants)
    if projet.etapes[2].fin <= jour:
        truth.add(siren, projet.etapes[2].fin, "pnt_accompagnement_fin")
    for code, etat in projet.conditions.items():
        truth.add(siren, jour, "pnt_condition", int(etat == "oui"), f"{code}:{etat}")
    for rang, etape in enumerate(projet.etapes, start=1):
        if etape.fin <= jour:
            truth.add(siren, etape.fin, "pnt_etape_close", 1, str(rang))
    _tell_actions(truth, projet)
    for (annee, nature), nombre in projet.participations.items():
        if annee <= jour.year:
            truth.add(siren, date(annee, 1, 1), "pnt_participation", nombre, nature)
    for annee, (prevu, depense, etp_prevu, etp) in projet.moyens.items():
        for grandeur, nombre in (("pnt_budget_prevu", prevu), ("pnt_budget_depense", depense)):
            truth.add(siren, date(annee, 1, 1), grandeur, nombre)
        for grandeur, part in (("pnt_etp_prevu", etp_prevu), ("pnt_etp_consacre", etp)):
            truth.add(siren, date(annee, 1, 1), grandeur, round(part * 100))
    for annee, est_faite in projet.evaluations.items():
        truth.add(siren, date(annee, 1, 1), "pnt_evaluation", int(est_faite))


def _tell_actions(truth: Truth, projet: Projet) -> None:
    siren, jour = projet.collectivite.siren, projet.situation
    for action in (a for a in projet.actions if a.validation <= jour):
        truth.add(siren, action.validation, "pnt_action_validee", 1, action.code)
        if action.fin <= jour:
            grandeur = "pnt_action_abandonnee" if action.est_abandonnee else "pnt_action_achevee"
            truth.add(siren, action.fin, grandeur, 1, action.code)
        for note, nombre in zip(("attente", "cout", "faisabilite"), action.notes, strict=True):
            truth.add(siren, jour, f"pnt_note_{note}", nombre, action.code)
        has_target = any(i.action == action.code for i in projet.indicateurs)
        truth.add(
            siren, jour, "pnt_action_evaluable", int(has_target and action.champs["mode_evaluation"]), action.code
        )
    for indicateur in projet.indicateurs:
        action = next(a for a in projet.actions if a.code == indicateur.action)
        if indicateur.echeance <= jour and action.validation <= jour:
            est_connue = indicateur.realise is not None
            truth.add(
                siren, indicateur.echeance, "pnt_cible_echue", int(est_connue), f"{action.code}:{indicateur.code}"
            )
            if est_connue:
                truth.add(
                    siren, indicateur.echeance, "pnt_cible_atteinte", int(_is_reached(indicateur)), indicateur.code
                )


def _is_reached(indicateur: Indicateur) -> bool:
    realise = indicateur.realise or 0
    return realise >= indicateur.cible if indicateur.sens == "hausse" else realise <= indicateur.cible
