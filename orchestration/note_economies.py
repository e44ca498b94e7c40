"""The method of the economic model as a page in French, written from its seeds: `make docs` puts it with the others.

The prose is here, the assumptions are in `seeds/economie`: every value with its source and its status, read when the
page is written, so that the page says what the model computes with. It needs no warehouse.
"""

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

from orchestration.catalogue import STYLE
from orchestration.settings import PROJECT

PAGE = PROJECT / "target" / "note_economies.html"
SEEDS = PROJECT / "seeds" / "economie"

Row = dict[str, str]

STATUTS = {
    "S": "document fondateur",
    "P": "source publique",
    "M": "cité de mémoire, à vérifier",
    "H": "hypothèse de l’observatoire, à remplacer par un relevé",
}
NATURES = {
    "budget": "de l’argent qui n’est plus dépensé : papier, affranchissement, transport, stockage",
    "temps": "du temps d’agents rendu à d’autres tâches : une capacité, en heures et en équivalents temps plein, pas "
    "de l’argent",
    "externe": "ce que gagnent les entreprises ou les usagers, jamais la collectivité",
}
MESURES = {
    "Constatée": "les volumes que les plateformes ont vus, multipliés par le gain d’une opération. C’est la seule "
    "mesure qui ne suppose rien des volumes.",
    "Projetée à taux constant": "tout ce qui est à faire, dématérialisé au taux d’aujourd’hui pendant la durée du "
    "scénario. Une collectivité dont on ne connaît pas le total à faire n’y compte pas, et le dit.",
    "Potentielle": "la même chose si tout était dématérialisé.",
    "Restante": "la potentielle moins la projetée.",
    "Acquisition mutualisée": "ce que l’achat en commun évite de payer seul, moins ce que coûte le marché commun.",
}
PROCESSUS = {
    "actes": "Actes",
    "marches": "Marchés publics",
    "helios": "Flux comptables (Hélios)",
    "couts_fixes": "Coûts fixes",
    "ensemble": "ensemble",
}
# The measures as the seed names them, in the order they are told.
CODES_DE_MESURES = {
    "constate": "constatée",
    "projection_taux_constant": "projetée",
    "potentiel": "potentielle",
    "restant": "restante",
}
BAREMES = {
    "socle": "ce que compte l’étude de 2013, et rien de plus : c’est ce qui permet de retrouver ses totaux",
    "complet": "le socle, et ce que l’étude laisse de côté : rejets, réimpressions, numérisations, signature, "
    "notification, flux comptables, formation des nouveaux agents, équipement ; un retrait électronique n’y remplace "
    "pas toujours un retrait sur papier",
}
REGLAGES = {
    "cible_acquisition": "Économie publiée de l’achat en commun, à retrouver",
    "annee_depart": "Première année comptée",
    "duree_contrat": "Durée du marché commun",
    "cout_contrat": "Coût du marché commun sur toute sa durée",
    "cout_adhesion": "Coûts d’adhésion",
    "budget_annuel": "Budget annuel du syndicat",
    "part_budget": "Part de ce budget imputée à l’achat en commun",
    "kappa_min": "Plus petit facteur de calage accepté",
    "kappa_max": "Plus grand facteur de calage accepté",
    "facteur_calage_min": "Plus petit facteur de calage accepté",
    "facteur_calage_max": "Plus grand facteur de calage accepté",
    "tolerance_compatibilite": "Écart toléré entre un tirage et les totaux publiés",
    "tirages_montres": "Tirages compatibles montrés sur le graphique",
    "mois_de_reference": "Mois observés qui valent une année",
    "variation_entre_collectivites": "Dispersion supposée d’un relevé à l’autre",
}
LEVIERS = {
    "taux_actes": "Taux des actes",
    "taux_marches": "Taux des marchés",
    "cout_page": "Coût d’une page",
    "minutes": "Temps des agents",
    "part_budget": "Part du budget du syndicat",
    "decote": "Décote d’optimisme",
}
DONNEES = {
    "TEMPS_ACTE_PAPIER_MIN": "Temps pour un acte sur papier",
    "TEMPS_ACTE_DEMAT_MIN": "Temps pour un acte télétransmis",
    "TEMPS_CONSULTATION_PAPIER_MIN": "Temps pour une consultation sur papier",
    "TEMPS_CONSULTATION_DEMAT_MIN": "Temps pour une consultation dématérialisée",
    "COUT_AFFRANCHISSEMENT_EUR": "Dépense d’affranchissement",
    "COUT_IMPRESSION_EUR": "Dépense d’impression",
    "COUT_TRANSPORT_EUR": "Dépense de transport",
    "COUT_STOCKAGE_EUR": "Dépense de stockage",
    "COUT_CERTIFICATS_EUR": "Dépense de certificats",
    "COUT_FORMATION_EUR": "Dépense de formation",
}
FORMULES = (
    "coût d’un poste = répétitions × quantité × taux × prix × coefficient / diviseur",
    "prix d’une minute = coût horaire de la catégorie × frais généraux / 60",
    "gain d’une opération = coût sur papier − coût dématérialisé, tous postes et toutes étapes",
    "économie constatée = opérations dématérialisées × gain × (1 − décote)",
    "économie projetée = opérations à faire × taux × gain × années × (1 − décote) ; potentielle : taux de 100 %",
    "coûts fixes d’une année = certificats × prix + agents formés × heures × coût d’une heure / années d’amortissement "
    "; le barème complet y ajoute la formation des nouveaux agents et l’équipement des postes (prix / années "
    "d’amortissement)",
    "coûts fixes d’un scénario observé = Σ collectivités dont l’économie est comptée × poids de leur classe × coûts "
    "fixes du périmètre / nombre de ses adhérents",
    "facteur de calage = total publié / total du modèle aux valeurs les plus probables, appliqué aux volumes ; refusé "
    "hors de ses bornes",
    "économie d’acquisition = Σ entités × prix isolé × probabilité d’achat × années − marché commun − part du budget "
    "du syndicat × budget × années",
    "relevés du panel : valeur retenue = moyenne de l’hypothèse et des relevés, chacun pesé par sa précision ; le "
    "nombre de relevés est publié avec la valeur",
)
LIMITES = (
    "Deux totaux publiés ne déterminent pas quatre inconnues (deux taux, deux gains unitaires) : le scénario de 2013 "
    "est un jeu de valeurs compatible parmi d’autres. L’observatoire publie tout l’ensemble, pas un point.",
    "Les hypothèses ont été posées en connaissant les totaux : qu’elles les retrouvent montre que les ordres de "
    "grandeur se tiennent, et ne les valide pas.",
    "Près de la moitié de l’économie est du temps d’agents. Il ne devient de l’argent que si un poste n’est pas "
    "remplacé : argent et temps ne s’additionnent pas sans le dire.",
    "Le retrait libre en ligne suscite des retraits : compter chaque retrait électronique comme un dossier papier "
    "évité surestime l’économie. Le barème complet retire cette part, le scénario de 2013 ne le fait pas.",
    "Les petites communes n’auraient souvent rien acheté seules : l’achat en commun leur donne un accès, pas une "
    "économie. La variante « probabilités d’achat » en tient compte.",
    "Aucun document ne dit quelle part du budget du syndicat revient à l’achat en commun : elle est tenue à zéro, et "
    "la part à partir de laquelle l’achat ne fait plus rien économiser est publiée à côté.",
    "Le double circuit (réimpressions, numérisations) est une hypothèse que personne ne mesure.",
    "La quote-part de plate-forme est le marché commun : elle se retranche de l’acquisition mutualisée, et de rien "
    "d’autre.",
    "Les coûts fixes ne se lisent que dans la variante qui les déduit. Aucune source ne les donne par taille de "
    "collectivité : la classe les répartit selon l’échelle des prix isolés, une hypothèse. L’équipement se compte au "
    "prix d’une tablette, seul prix public trouvé ; écrans, numériseurs et logiciels métier n’y sont pas.",
    "Les coûts fixes ne baissent pas avec les volumes : sur un dépôt de démonstration, qui ne porte qu’une part des "
    "volumes de chaque collectivité, la variante nette est négative. Cela ne dit rien du territoire.",
    "Les prix sont ceux de 2012, en euros constants : ni l’inflation ni les hausses de salaires depuis n’y sont.",
    "Les totaux des mesures ne s’additionnent pas : la constatée parle du passé, la potentielle contient la projetée.",
)
CONTESTER = (
    "Trouver le paramètre dans le tableau « Hypothèses de coût », plus haut : son nom, sa source, son statut.",
    "Apporter un relevé (minutes chronométrées, pages comptées, facture) : une ligne dans "
    "<code>seeds/economie/ref_releves_panel.csv</code>, avec la collectivité, le jour et la source. L’hypothèse se "
    "rapproche des relevés d’autant plus qu’ils sont nombreux.",
    "Ou apporter une meilleure source publique : changer minimum, valeur probable et maximum dans "
    "<code>seeds/economie/hyp_parametres_cout.csv</code>, avec la source, le statut et le jour de la vérification.",
    "Ou déclarer son propre temps dans le retour mensuel : plausible, il remplace l’hypothèse pour la collectivité "
    "elle-même ; sinon il reste au registre des coûts déclarés avec son motif.",
    "<code>make run</code> : tout se recalcule. La colonne « agit sur » dit d’avance quels chiffres bougent, et un "
    "test vérifie que rien d’autre ne bouge.",
)


def read_seed(name: str, seeds: Path = SEEDS) -> list[Row]:
    """The rows of a seed of the economic model."""
    with (seeds / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def page(read: Callable[[str], list[Row]] = read_seed) -> str:
    """The whole page."""
    sections = (
        ("Ce que le modèle mesure", _measures()),
        ("Formules", _list(map(escape, FORMULES))),
        ("Scénarios et variantes", _scenarios(read)),
        ("Étapes et postes de coût", _steps(read)),
        ("Hypothèses de coût", _parameters(read)),
        ("Coûts fixes par taille de collectivité", _weights(read)),
        ("Achat en commun", _purchase(read)),
        ("Incertitude", _uncertainty(read)),
        ("Relevés du panel", _surveys(read)),
        ("Coûts déclarés par les collectivités", _declared(read)),
        ("Simulateur", _levers(read)),
        ("Limites", _list(map(escape, LIMITES))),
        ("Contester un paramètre", _list(CONTESTER, "ol")),
        ("Sources", _sources(read)),
    )
    body = "\n".join(f"<section><h2>{escape(title)}</h2>\n{content}\n</section>" for title, content in sections)
    return (
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>Note méthodologique : économies</title>\n'
        f"<style>\n{STYLE}\ntable.large th {{ width: auto; }}\n.nombre {{ text-align: right; white-space: nowrap; }}\n"
        "</style></head><body>\n<h1>Ce que la dématérialisation fait économiser : note méthodologique</h1>\n"
        "<p>Combien la dématérialisation fait-elle économiser, et combien l’achat en commun ? Cette note dit comment "
        "l’observatoire le calcule, avec quelles hypothèses, ce que le calcul ne sait pas, et comment le contester. "
        "Elle s’écrit d’après les fichiers du modèle (dossier <code>seeds/economie</code>) : elle dit ce qui est "
        "calculé, et rien d’autre. Chaque valeur porte son statut :</p>"
        + _list(f"<strong>{code}</strong> : {escape(name)}" for code, name in STATUTS.items())
        + f"\n{body}\n</body></html>\n"
    )


def _measures() -> str:
    measures = _list(f"<strong>{escape(name)}</strong> : {escape(text)}" for name, text in MESURES.items())
    natures = _list(f"<strong>{escape(name)}</strong> : {escape(text)}" for name, text in NATURES.items())
    return (
        f"<p>Cinq mesures, jamais mélangées.</p>{measures}<p>Chacune se partage selon la nature du gain, et les parts "
        f"ne se confondent pas.</p>{natures}"
    )


def _scenarios(read: Callable[[str], list[Row]]) -> str:
    scenarios = _table(
        ("Scénario", "Volumes", "Barème", "Année", "Durée", "Cible potentielle", "Cible projetée", "Source", "Statut"),
        (
            (
                r["libelle_scenario"],
                "hypothèses" if r["origine_volumes"] == "parametres" else "observés et déclarés",
                r["bareme"],
                r["annee_base"],
                f"{r['horizon_annees']} ans",
                _euros(r["cible_potentiel_eur"]),
                _euros(r["cible_projection_eur"]),
                r["source"],
                r["statut"],
            )
            for r in read("hyp_scenarios")
        ),
    )
    names = {r["parametre"]: r["libelle"] for r in read("hyp_parametres_cout")}
    titles = _titles(read)
    processus = _table(
        ("Scénario", "Processus", "Volume", "Taux", "Source", "Statut"),
        (
            (
                titles[r["scenario"]],
                PROCESSUS[r["processus"]],
                names[r["parametre_volume"]],
                names[r["parametre_taux"]],
                r["source"],
                r["statut"],
            )
            for r in read("hyp_scenarios_processus")
        ),
    )
    variantes = _table(
        ("Scénario", "Variante", "Décote", "Actualisation", "Coûts fixes", "Profil", "Calée", "Source", "Statut"),
        (
            (
                titles[r["scenario"]],
                r["libelle_variante"],
                _percent(r["decote"]),
                _percent(r["taux_actualisation"]),
                _oui(r["avec_couts_fixes"]),
                r["profil"],
                _oui(r["est_calibre"]),
                r["source"],
                r["statut"],
            )
            for r in read("hyp_variantes")
        ),
    )
    baremes = _list(f"<strong>{escape(name)}</strong> : {escape(text)}" for name, text in BAREMES.items())
    return (
        f"{scenarios}\n<p>Le barème dit les postes de coût retenus.</p>{baremes}\n"
        f"<h3>Volumes et taux posés</h3>\n{processus}\n<h3>Variantes</h3>\n{variantes}\n"
        "<p>La décote retire une part du gain par prudence, comme le Green Book britannique le demande ; "
        "l’actualisation ramène les années à venir à leur valeur d’aujourd’hui ; une variante calée retrouve les "
        "totaux publiés ; le profil « rampe » fait monter le taux d’année en année, pour le même total.</p>\n"
        "<p>Un scénario ou une variante de plus est une ligne de plus "
        "dans le fichier, et <code>make run</code>.</p>"
    )


def _steps(read: Callable[[str], list[Row]]) -> str:
    steps = {(r["processus"], r["etape"]): r for r in read("ref_etapes_cout")}
    posts = {r["poste"]: r["libelle_poste"] for r in read("ref_prix_postes")}
    names = {r["parametre"]: r["libelle"] for r in read("hyp_parametres_cout")}
    return _table(
        ("Processus", "Étape", "Fois par opération", "Canal", "Poste", "Quantité", "Nature", "Barème"),
        (
            (
                PROCESSUS[r["processus"]],
                steps[r["processus"], r["etape"]]["libelle_etape"],
                names.get(steps[r["processus"], r["etape"]]["parametre_repetition"], "une"),
                "papier" if r["canal"] == "papier" else "dématérialisé",
                posts[r["poste"]],
                " × ".join(names[p] for p in (r["parametre_quantite"], r["parametre_taux"]) if p),
                r["nature_gain"],
                r["bareme"],
            )
            for r in read("ref_postes_cout")
        ),
    )


def _parameters(read: Callable[[str], list[Row]]) -> str:
    rows = read("hyp_parametres_cout")
    counts = Counter(r["statut"] for r in rows)
    surveys = Counter(r["parametre"] for r in read("ref_releves_panel"))
    summary = ", ".join(f"{counts[code]} {code} ({name})" for code, name in STATUTS.items() if counts[code])
    table = _table(
        (
            "Paramètre",
            "Classe",
            "Minimum",
            "Probable",
            "Maximum",
            "Unité",
            "Source",
            "Statut",
            "Relevés",
            "Vérifié",
            "Agit sur",
        ),
        (
            (
                f"{r['libelle']} ({r['parametre']})",
                r["classe_taille"],
                _number(r["min"]),
                _number(r["mode"]),
                _number(r["max"]),
                " ".join(part for part in (r["unite"], r["annee_euro"]) if part),
                r["source"],
                r["statut"],
                str(surveys[r["parametre"]]),
                r["date_verification"],
                _reach(r["agit_sur"]),
            )
            for r in rows
        ),
    )
    return (
        f"<p>{len(rows)} valeurs : {summary}. « Relevés » compte les relevés du panel qui pèsent sur la valeur ; « "
        f"agit sur » dit les chiffres publiés qu’elle fait bouger.</p>\n{table}"
    )


def _weights(read: Callable[[str], list[Row]]) -> str:
    return (
        "<p>Certificats, formation et équipement sont connus pour tout un périmètre d’adhérents. Une collectivité en "
        "paie la part que dit le poids de sa classe, dès qu’elle dématérialise une opération ; une collectivité "
        "moyenne pèse 1. La quote-part de plate-forme n’en est pas : c’est le marché commun, compté une seule fois "
        "avec l’achat en commun.</p>"
    ) + _table(
        ("Classe", "Poids", "Source", "Statut"),
        ((r["classe_taille"], _number(r["poids"]), r["source"], r["statut"]) for r in read("hyp_poids_couts_fixes")),
    )


def _purchase(read: Callable[[str], list[Row]]) -> str:
    titles = _titles(read)
    prices = _table(
        ("Scénario", "Classe", "Entités", "Prix isolé par an", "Probabilité d’achat", "Source", "Statut"),
        (
            (
                titles[r["scenario"]],
                r["libelle_classe_achat"],
                r["nb_entites"] or "les adhérents",
                _euros(r["prix_isole_eur"]),
                _percent(r["probabilite_achat"]),
                r["source"],
                r["statut"],
            )
            for r in read("hyp_acquisition")
        ),
    )
    settings = _table(
        ("Scénario", "Réglage", "Valeur", "Unité", "Source", "Statut"),
        (
            (titles[r["scenario"]], REGLAGES[r["cle"]], _value(r), r["unite"], r["source"], r["statut"])
            for r in read("hyp_budget_syndicat")
        ),
    )
    return (
        f"{prices}\n{settings}\n<p>Le marché commun se partage selon quatre clés : par entité, par habitant, par "
        "consultation, ou par classe selon le prix isolé. L’équité se lit dans la part du prix isolé que chaque classe "
        "paie.</p>"
    )


def _uncertainty(read: Callable[[str], list[Row]]) -> str:
    settings = _table(
        ("Réglage", "Valeur", "Unité", "Source", "Statut"),
        (
            (REGLAGES[r["cle"]], _number(r["valeur"]), r["unite"], r["source"], r["statut"])
            for r in read("hyp_reglages_economies")
        ),
    )
    return (
        "<p>Chaque paramètre est tiré au hasard dans sa loi (PERT, la valeur probable comptant pour quatre), 20 000 "
        "fois, toujours avec la même graine ; la formule s’applique à chaque tirage. On publie les quantiles, la "
        "probabilité que l’économie soit positive, ce que chaque paramètre fait bouger seul, et les tirages "
        f"compatibles avec les totaux publiés.</p>\n{settings}"
    )


def _surveys(read: Callable[[str], list[Row]]) -> str:
    rows = read("ref_releves_panel")
    if not rows:
        return (
            "<p>Aucun relevé pour l’instant (n = 0) : les documents fondateurs n’en donnent pas, et l’observatoire "
            "n’en invente pas. Toutes les valeurs sont donc celles des hypothèses.</p>"
        )
    return _table(
        ("Paramètre", "Collectivité", "Jour", "Valeur", "Unité", "Source", "Statut"),
        (
            (
                r["parametre"],
                r["nom_collectivite"],
                r["date_releve"],
                _number(r["valeur"]),
                r["unite"],
                r["source"],
                r["statut"],
            )
            for r in rows
        ),
    )


def _declared(read: Callable[[str], list[Row]]) -> str:
    return (
        "<p>Un temps déclaré n’est retenu que s’il tient entre les bornes du modèle, élargies de la marge ; il "
        "remplace alors l’hypothèse pour la collectivité qui l’a déclaré, et pour elle seule. Déclaré pour toute une "
        "opération, il se répartit sur ses étapes comme dans le modèle. Hors des bornes, il reste au registre avec son "
        "motif.</p>"
    ) + _table(
        ("Donnée du retour", "Processus", "Canal", "Marge autour des bornes", "Hors calcul", "Source", "Statut"),
        (
            (
                DONNEES[r["code_donnee"]],
                PROCESSUS[r["processus"]] if r["processus"] else "",
                {"papier": "papier", "demat": "dématérialisé"}.get(r["canal"], ""),
                _number(r["marge_plausibilite"]),
                r["motif_hors_calcul"],
                r["source"],
                r["statut"],
            )
            for r in read("ref_couts_declares")
        ),
    )


def _levers(read: Callable[[str], list[Row]]) -> str:
    rows = read("hyp_leviers")
    levers = len({r["levier"] for r in rows})
    return (
        f"<p>{levers} leviers, un niveau choisi pour chacun ; le niveau central redonne les chiffres du scénario. Une "
        "question plus fine est une ligne de scénario de plus.</p>"
    ) + _table(
        ("Levier", "Niveau", "Central", "Source", "Statut"),
        ((LEVIERS[r["levier"]], r["libelle_niveau"], _oui(r["est_central"]), r["source"], r["statut"]) for r in rows),
    )


def _sources(read: Callable[[str], list[Row]]) -> str:
    seeds = ("hyp_parametres_cout", "hyp_scenarios", "hyp_acquisition", "hyp_budget_syndicat")
    cited = {r["source"] for name in seeds for r in read(name) if r["statut"] in ("S", "P")}
    return "<p>Sources citées avec le statut S ou P ; les autres valeurs sont à vérifier ou à remplacer.</p>" + _list(
        map(escape, sorted(cited))
    )


def _titles(read: Callable[[str], list[Row]]) -> dict[str, str]:
    """The scenarios as people call them."""
    return {r["scenario"]: r["libelle_scenario"] for r in read("hyp_scenarios")}


def _reach(pairs: str) -> str:
    """Which figures a parameter moves: its processes, measure by measure; those that move alike are told together."""
    moved: dict[str, list[str]] = {}
    for pair in filter(None, pairs.split(";")):
        mesure, processus = pair.split(":")
        moved.setdefault(mesure, []).append(PROCESSUS[processus].lower())
    alike: dict[tuple[str, ...], list[str]] = {}
    for mesure, name in CODES_DE_MESURES.items():
        if mesure in moved:
            alike.setdefault(tuple(moved[mesure]), []).append(name)
    return " ; ".join(f"{', '.join(mesures)} : {', '.join(processus)}" for processus, mesures in alike.items())


def _list(items: Iterable[str], tag: str = "ul") -> str:
    """A list of items that are HTML already."""
    return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"


def _table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in headers)
    cells = (("".join(f"<td>{escape(cell) or '—'}</td>" for cell in row)) for row in rows)
    lines = "\n".join(f"<tr>{line}</tr>" for line in cells)
    return f"<table class=large><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table>"


def _number(text: str) -> str:
    """A number of a seed as people write it."""
    if not text:
        return ""
    value = float(text)
    return (f"{value:,.0f}" if value == int(value) else f"{value:,g}").replace(",", "\u202f").replace(".", ",")


def _value(row: Row) -> str:
    """The value of a setting; a year has no thousands."""
    return row["valeur"] if row["unite"] == "année" else _number(row["valeur"])


def _euros(text: str) -> str:
    return f"{_number(text)} €" if text else ""


def _percent(text: str) -> str:
    return f"{100 * float(text):g} %".replace(".", ",") if text else ""


def _oui(text: str) -> str:
    return "oui" if text == "true" else "non"


def write_note(path: Path = PAGE) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_note()
    print(f"Note méthodologique des économies : {PAGE.relative_to(PROJECT)}")
    sys.exit(0)
