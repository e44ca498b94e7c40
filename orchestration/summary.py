"""The last lines of `make run`: the headline figures as published, what was received, where the published file is."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration import publication

# Ratios of the whole territory over its last year; the rest is for the dashboards.
HEADLINES = """
with
derniere as (
    select max(v.periode_debut) as annee
    from marts.ind_valeurs as v
    where v.periode_type = 'annee' and v.perimetre_type = 'territoire' and v.valeur is not null
)
select
    i.libelle, v.valeur, i.cible, year(v.periode_debut), v.nb_collectivites, v.nb_collectivites_attendues,
    v.est_demonstration
from marts.ind_valeurs as v
inner join marts.dim_indicateurs as i
    on v.code_indicateur = i.code_indicateur and v.version_definition = i.version_definition
where
    v.periode_debut = (select annee from derniere)
    and v.periode_type = 'annee'
    and v.perimetre_type = 'territoire'
    and v.population = 'toutes'
    and v.dimension = 'ensemble'
    and i.unite = 'ratio'
    and v.valeur is not null
order by v.code_indicateur
"""
COUNTED = {
    "fct_marches": "marchés et concessions",
    "fct_consultations": "consultations",
    "fct_actes": "actes transmis",
    "fct_flux_pes": "flux comptables",
    "fct_transferts_archives": "transferts d'archives",
}
# Singular, then plural.
STATUTS = {
    "integre": ("intégré", "intégrés"),
    "integre_avec_rejets": ("intégré avec des lignes refusées", "intégrés avec des lignes refusées"),
    "rejete": ("refusé", "refusés"),
    "doublon": ("déjà connu", "déjà connus"),
}
DBT_WARNING = re.compile(r"^Warning in test (\S+)", re.MULTILINE)


def summary(home: Path, before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Lines to print; `before` and `after` give the status of every file of the journal, around the run."""
    yield ""
    yield from _figures(publication.link_of(home))
    yield f"Fichiers reçus    : {_statuts(after)}"
    fresh = {identifier: statut for identifier, statut in after.items() if before.get(identifier) != statut}
    yield f"  à ce passage    : {_statuts(fresh) if fresh else 'aucun'}"
    link = publication.link_of(home)
    if link.exists():
        yield f"Fichier publié    : {link}"
        yield f"  il contient     : {publication.served_sentence(home)} (heure de Paris)"


def said_statuts(counts: Mapping[str, int]) -> str:
    """How many files became what, in French: « 254 intégrés, 1 refusé »."""
    known = ((counts.get(statut, 0), labels) for statut, labels in STATUTS.items())
    return ", ".join(f"{_integer(number)} {labels[number > 1]}" for number, labels in known if number)


def said_controls(words: str) -> list[str]:
    """What dbt's own words say of the controls that warn without closing the gate, in French; nothing when all pass."""
    names = DBT_WARNING.findall(words)
    if not names:
        return []
    number = "1 contrôle" if len(names) == 1 else f"{len(names)} contrôles"
    return [f"Contrôles         : {number} en avertissement, sans empêcher de publier ({', '.join(names)})"]


def _statuts(files: dict[str, str]) -> str:
    return f"{_integer(len(files))} — {said_statuts(Counter(files.values()))}" if files else "aucun"


def _figures(published: Path) -> Iterator[str]:
    if not published.exists():
        return
    with duckdb.connect(str(published.resolve()), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for name, label in COUNTED.items():
            if name in tables:
                ((number,),) = connection.execute(f"select count(*) from marts.{name}").fetchall()
                yield f"{_integer(number):>12} {label}"
        if {"ind_valeurs", "dim_indicateurs"} <= tables:
            yield from _ratios(connection.execute(HEADLINES).fetchall())
    yield ""


def _ratios(rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """A rate never goes without the share of the collectivités that it rests on, nor an invented one without a word."""
    if any(row[-1] for row in rows):
        yield "Données de démonstration : chiffres fictifs, à ne pas diffuser."
    if rows:
        yield f"Bretagne, année {rows[0][3]} :"
    for libelle, valeur, cible, _, known, awaited, _ in rows:
        target = f", cible {_percent(cible)}" if cible is not None else ""
        yield f"{_percent(valeur):>12} {libelle} ({_integer(known)} collectivités sur {_integer(awaited)}{target})"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %".replace(".", ",")


def _integer(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")
