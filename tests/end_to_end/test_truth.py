"""What the warehouse says is what was planted: every collectivité, every month, to the unit.

Expected figures are recomputed here in plain Python from the truth that the demonstration wrote from its own state
(`demonstration/verite.csv`), never from lots or marts.
"""

import csv
import hashlib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from statistics import median

import duckdb
import pytest

from tests.end_to_end.night import Night

Key = tuple[str, str]
# Indicator → measure of the platform in the truth (grandeur, modalité), codes of the return that make the denominator.
PLATFORM = {
    "DEM-01": (("consultations_mises_en_ligne", "ensemble"), ("CONSULTATIONS_LANCEES",)),
    "DEM-02": (("retraits_electroniques", "ensemble"), ("RETRAITS_DCE_TOTAL",)),
    "DEM-03": (("plis_electroniques", "ensemble"), ("PLIS_TOTAL",)),
    "DEM-21": (("archives_transferts_acceptes", "ensemble"), ("DOSSIERS_CLOS",)),
}
# A flow that the accountant refused does not count: what is signed is the whole less what was refused.
HELIOS = {
    "DEM-14": ("pes_pieces_signees", ("MANDATS", "TITRES")),
    "DEM-15": ("pes_bordereaux_signes", ("BORDEREAUX",)),
    "DEM-16": ("pes_pj_dematerialisees", ("PJ",)),
}
DECLARED = {
    "DEM-05": ("MARCHES_SIGNES_ELEC", "MARCHES_NOTIFIES"),
    "DEM-06": ("MARCHES_NOTIFIES_ELEC", "MARCHES_NOTIFIES"),
    "DEM-07": ("MARCHES_BOUT_EN_BOUT", "MARCHES_NOTIFIES"),
    "DEM-13": ("DOCUMENTS_BUDGETAIRES_ACTES", "DOCUMENTS_BUDGETAIRES"),
    "DEM-17": ("ASAP_DEMAT", "ASAP_EMIS"),
    "DEM-19": ("FACTURES_RECUES_ELEC", "FACTURES_RECUES"),
    "DEM-20": ("DOCUMENTS_SIGNES_PARAPHEUR", "DOCUMENTS_SIGNABLES"),
}
NATURES = "123456"


class Truth:
    """verite.csv, by (grandeur, modalité) then (siren, mois)."""

    def __init__(self, path: Path) -> None:
        self.cells: dict[tuple[str, str], dict[Key, Decimal]] = defaultdict(dict)
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["nombre"] != "":
                    cell = self.cells[row["grandeur"], row["modalite"]]
                    cell[row["siren"], row["mois"]] = Decimal(row["nombre"])

    def declared(self, codes: tuple[str, ...], key: Key) -> Decimal | None:
        values = [self.cells["retour", code].get(key) for code in codes]
        return None if None in values else sum(values)

    def count(self, measure: tuple[str, str], key: Key) -> Decimal:
        return self.cells[measure].get(key, Decimal(0))

    def terms(self, code: str, key: Key) -> tuple[Decimal | None, Decimal | None]:
        """Numerator and denominator of an indicator for one collectivité and month; (None, None) when unknown."""
        if code == "DEM-08":
            pairs = [self.terms_of_nature(nature, key) for nature in NATURES]
            known = [(n, d) for n, d in pairs if d is not None]
            return (sum(n for n, _ in known), sum(d for _, d in known)) if known else (None, None)
        if code in DECLARED:
            numerator, denominator = (self.declared((c,), key) for c in DECLARED[code])
        elif code in HELIOS:
            measure, codes = HELIOS[code]
            numerator = self.count((measure, "ensemble"), key) - self.count((measure, "rejete"), key)
            denominator = self.declared(codes, key)
        else:
            measure, codes = PLATFORM[code]
            numerator, denominator = self.count(measure, key), self.declared(codes, key)
        if numerator is None or denominator is None or numerator > denominator:
            return None, None
        return numerator, denominator

    def terms_of_nature(self, nature: str, key: Key) -> tuple[Decimal | None, Decimal | None]:
        numerator = self.count(("actes_acquittes", nature), key)
        denominator = self.declared((f"ACTES_TRANSMISSIBLES_{nature}",), key)
        return (None, None) if denominator is None or numerator > denominator else (numerator, denominator)


@pytest.fixture(scope="module")
def truth(night: Night) -> Truth:
    return Truth(night.home / "demonstration" / "verite.csv")


def breton_sirens(project: Path) -> set[str]:
    """Communes, EPCI mostly Breton, and the bodies kept by hand: read from the committed seeds."""
    folder = project / "seeds" / "referentiel"

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    sirens = {row["siren"] for row in rows("ref_communes") + rows("ref_collectivites_hors_cog")}
    return sirens | {
        row["siren"] for row in rows("ref_epci") if 2 * int(row["nb_communes_bretonnes"]) > int(row["nb_communes"])
    }


def published(night: Night, sql: str) -> list[tuple]:
    with duckdb.connect(str(night.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("code", ["DEM-08", *PLATFORM, *HELIOS, *DECLARED])
def test_each_collectivite_and_period_matches_the_truth(night: Night, truth: Truth, project: Path, code: str) -> None:
    """Months are summed here into the finest period that the indicator is published at."""
    ((step,),) = published(
        night, f"select max(periode_minimale) from marts.dim_indicateurs where code_indicateur = '{code}'"
    )
    months = [str(m) for (m,) in published(night, "select mois from marts.dim_mois order by mois")]
    period_of = {str(m): str(p) for m, p in published(night, f"select mois, {step} from marts.dim_mois")}
    expected: dict[Key, tuple[Decimal, Decimal] | None] = {}
    for siren in breton_sirens(project):
        for month in months:
            key = (siren, period_of[month])
            numerator, denominator = truth.terms(code, (siren, month))
            known = expected.setdefault(key, None)
            if denominator is not None:
                before = known or (Decimal(0), Decimal(0))
                expected[key] = (before[0] + numerator, before[1] + denominator)
    found = {
        (siren, str(period)): None if statut in ("absent", "estime") else (Decimal(str(n)), Decimal(str(d)))
        for siren, period, n, d, statut in published(
            night,
            f"""select siren, periode_debut, numerateur, denominateur, statut from marts.ind_valeurs
            where code_indicateur = '{code}' and perimetre_type = 'collectivite' and periode_type = '{step}'""",
        )
    }
    assert found == expected
    assert sum(value is not None for value in expected.values()) > 100, "a truth with nothing in it proves nothing"


def months_by_period(night: Night, step: str) -> dict[str, list[str]]:
    periods: dict[str, list[str]] = defaultdict(list)
    for month, period in published(night, f"select mois, {step} from marts.dim_mois order by mois"):
        periods[str(period)].append(str(month))
    return periods


def test_each_nature_of_acts_matches_the_truth(night: Night, truth: Truth, project: Path) -> None:
    expected: dict[tuple[str, str, str], tuple[Decimal, Decimal] | None] = {}
    for period, months in months_by_period(night, "trimestre").items():
        for siren in breton_sirens(project):
            for nature in NATURES:
                pairs = [truth.terms_of_nature(nature, (siren, month)) for month in months]
                known = [(n, d) for n, d in pairs if d is not None]
                cell = (sum(n for n, _ in known), sum(d for _, d in known)) if known else None
                expected[siren, nature, period] = cell
    found = {
        (siren, nature, str(period)): None if statut in ("absent", "estime") else (Decimal(str(n)), Decimal(str(d)))
        for siren, nature, period, n, d, statut in published(
            night,
            """select siren, modalite, periode_debut, numerateur, denominateur, statut from marts.ind_valeurs
            where code_indicateur = 'DEM-09' and perimetre_type = 'collectivite' and periode_type = 'trimestre'
            and dimension = 'nature_acte'""",
        )
    }
    assert found == expected
    assert sum(value is not None for value in expected.values()) > 100, "a truth with nothing in it proves nothing"


def test_the_median_delay_of_acts_matches_the_truth_at_each_level(night: Night, truth: Truth, project: Path) -> None:
    """A median is taken over the acts of a level: over those of all Bretagne, it is no mean of medians."""
    sirens = breton_sirens(project)
    months = {month: year for year, group in months_by_period(night, "annee").items() for month in group}
    delays: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (grandeur, days), cells in truth.cells.items():
        if grandeur == "actes_delais":
            for (siren, month), count in cells.items():
                if siren in sirens and month in months:
                    for perimeter in (siren, "bretagne"):
                        delays[perimeter, months[month]] += [int(days)] * int(count)
    expected = {key: (sum(values), len(values), median(values)) for key, values in delays.items()}
    found = {
        (perimeter, str(period)): (int(n), int(d), value)
        for perimeter, period, n, d, value in published(
            night,
            """select perimetre_code, periode_debut, numerateur, denominateur, valeur from marts.ind_valeurs
            where code_indicateur = 'DEM-11' and perimetre_type in ('collectivite', 'territoire')
            and periode_type = 'annee' and population = 'toutes' and valeur is not null""",
        )
    }
    assert found == expected and len(expected) > 100


@pytest.mark.parametrize(
    ("code", "covered", "refused", "sent"),
    [
        ("DEM-12", "est_couvert_actes", "actes_rejetes", "actes_transmis"),
        ("DEM-18", "est_couvert_helios", "pes_flux_rejetes", "pes_flux"),
    ],
)
def test_what_was_refused_matches_the_truth(
    night: Night, truth: Truth, project: Path, code: str, covered: str, refused: str, sent: str
) -> None:
    found = {
        (siren, str(month)): (int(n), int(d))
        for siren, month, n, d in published(
            night,
            f"""select siren, periode_debut, numerateur, denominateur from marts.ind_valeurs
            where code_indicateur = '{code}' and perimetre_type = 'collectivite' and periode_type = 'mois'
            and statut <> 'absent'""",
        )
    }
    months = [str(m) for (m,) in published(night, f"select mois from marts.dim_mois where {covered}")]
    expected = {
        (siren, month): tuple(int(truth.count((grandeur, "ensemble"), (siren, month))) for grandeur in (refused, sent))
        for siren in breton_sirens(project)
        for month in months
    }
    assert found == expected and any(n for n, _ in expected.values())


def test_subjects_of_acts_match_the_truth(night: Night, truth: Truth, project: Path) -> None:
    """Acts that have no readable subject count among all acts only: subjects add up to less than one."""
    covered = {str(m) for (m,) in published(night, "select mois from marts.dim_mois where est_couvert_actes")}
    expected: dict[tuple[str, str, str], tuple[int, int]] = {}
    for year, months in months_by_period(night, "annee").items():
        for siren in breton_sirens(project):
            keys = [(siren, month) for month in months if month in covered]
            total = int(sum(truth.count(("actes_acquittes", "ensemble"), key) for key in keys))
            for domain in "123456789":
                count = int(sum(truth.count(("actes_acquittes_matiere", domain), key) for key in keys))
                expected[siren, domain, year] = (count, total)
    found = {
        (siren, domain, str(year)): (int(n), int(d))
        for siren, domain, year, n, d in published(
            night,
            """select siren, modalite, periode_debut, numerateur, denominateur from marts.ind_valeurs
            where code_indicateur = 'DEM-10' and perimetre_type = 'collectivite' and statut <> 'absent'""",
        )
    }
    assert found == expected
    assert 0 < sum(n for n, _ in expected.values()) <= sum(d for _, d in expected.values()) / len("123456789")


def test_what_rests_on_invented_figures_says_so(night: Night) -> None:
    """An estimate from invented peers and a share of invented acts are invented too, even of a collectivité without."""
    rows = "from marts.ind_valeurs where code_indicateur like 'DEM-%' and denominateur > 0"
    assert published(night, f"select bool_and(est_demonstration), count(*) > 100 {rows}") == [(True, True)]


def test_an_aggregate_counts_only_those_whose_denominator_is_known(night: Night, truth: Truth, project: Path) -> None:
    sirens = breton_sirens(project)
    rows = published(
        night,
        """select periode_debut, numerateur, denominateur, nb_collectivites, nb_collectivites_attendues
        from marts.ind_valeurs
        where code_indicateur = 'DEM-08' and perimetre_type = 'territoire' and periode_type = 'mois'
        and population = 'toutes'""",
    )
    assert rows
    for month, numerator, denominator, known, awaited in rows:
        terms = [truth.terms("DEM-08", (siren, str(month))) for siren in sirens]
        given = [(n, d) for n, d in terms if d is not None]
        assert (Decimal(str(numerator)), Decimal(str(denominator))) == tuple(map(sum, zip(*given, strict=True)))
        assert (known, awaited) == (len(given), len(sirens))


@pytest.mark.parametrize(
    ("table", "date", "measure", "grandeur"),
    [
        ("fct_actes", "date_decision", "count(*)", "actes_transmis"),
        ("fct_actes", "date_decision", "count(*) filter (where est_acquitte and not est_annule)", "actes_acquittes"),
        ("fct_consultations", "date_mise_en_ligne", "count(*)", "consultations_mises_en_ligne"),
        ("fct_consultations", "date_mise_en_ligne", "sum(nb_plis_papier)", "plis_papier"),
        ("fct_consultations", "date_mise_en_ligne", "sum(nb_retraits_papier)", "retraits_papier"),
        ("fct_flux_pes", "date_flux", "count(*)", "pes_flux"),
        ("fct_flux_pes", "date_flux", "sum(nb_mandats)", "pes_mandats"),
        ("fct_flux_pes", "date_flux", "sum(nb_titres)", "pes_titres"),
        ("fct_flux_pes", "date_flux", "sum(nb_bordereaux)", "pes_bordereaux"),
        ("fct_flux_pes", "date_flux", "sum(nb_bordereaux_signes)", "pes_bordereaux_signes"),
        ("fct_flux_pes", "date_flux", "sum(nb_pj)", "pes_pj"),
        ("fct_flux_pes", "date_flux", "count(*) filter (where statut_acquit = 'rejete')", "pes_flux_rejetes"),
        ("fct_transferts_archives", "date_transfert", "count(*)", "archives_transferts"),
        (
            "fct_transferts_archives",
            "date_transfert",
            "sum(taille_octets) filter (where statut = 'accepte')",
            "archives_octets_acceptes",
        ),
        ("fct_marches", "date_notification", "count(*) filter (where type_contrat = 'marche')", "marches_notifies"),
        (
            "fct_marches",
            "date_notification",
            "sum(montant_eur) filter (where type_contrat = 'marche')",
            "marches_montant_eur",
        ),
    ],
)
def test_facts_match_the_truth(night: Night, truth: Truth, table: str, date: str, measure: str, grandeur: str) -> None:
    found = {
        (siren, str(month)): Decimal(str(number))
        for siren, month, number in published(
            night,
            f"""select siren, cast(date_trunc('month', {date}) as date), {measure} from marts.{table}
            group by all having {measure} <> 0""",
        )
    }
    expected = {key: number for key, number in truth.cells[grandeur, "ensemble"].items() if number != 0}
    assert expected
    assert found == expected


def test_every_dropped_file_has_one_line_with_the_expected_outcome(night: Night) -> None:
    with (night.home / "demonstration" / "fichiers.csv").open(encoding="utf-8", newline="") as file:
        expected = sorted((row["sha256"], row["source"], row["statut_attendu"]) for row in csv.DictReader(file))
    found = sorted(published(night, "select sha256, source, statut from marts.fct_fichiers_recus"))
    assert found == expected


def test_every_planted_defect_is_reported_at_its_line(night: Night) -> None:
    with (night.home / "demonstration" / "defauts.csv").open(encoding="utf-8", newline="") as file:
        planted = [row for row in csv.DictReader(file) if row["code_attendu"]]
    found = {
        (sha256, str(line), code)
        for sha256, line, code in published(night, "select sha256, ligne, code from marts.fct_anomalies")
    }
    assert planted
    missing = [row for row in planted if (row["sha256"], row["ligne"] or "0", row["code_attendu"]) not in found]
    assert missing == []


def test_the_bytes_of_every_file_are_found_again(night: Night) -> None:
    kept = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("archives", "rejets")
        for path in (night.home / folder).rglob("*")
        if path.is_file() and not path.name.endswith(".motif.txt")
    }
    assert {sha for (sha,) in published(night, "select sha256 from marts.fct_fichiers_recus")} == kept
    assert not [p for p in (night.home / "depot").rglob("*") if p.is_file()]
