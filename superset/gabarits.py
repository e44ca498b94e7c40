"""Templates of the cells that a dashboard shows: SQL expressions that return HTML.

A metric of a model names a template and feeds it numeric metrics (`{taux}`) or SQL expressions. Superset recomputes
the cell under its filters, so that a pill or a bar is always the pill or the bar of the number beside it. Text that
comes from data goes through `texte_sur`; numbers are formatted here and nowhere else.

Every function takes SQL expressions and returns one. `chr(37)` is the percent sign, which the SQL driver would read.
"""

from collections.abc import Sequence

import palette

NON_CALCULE = "◌ Non calculé"


def _chaine(texte: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + texte.replace("'", "''").replace("%", "' || chr(37) || '") + "'"


def _html(*morceaux: str) -> str:
    """Return the SQL concatenation of pieces that are SQL expressions already."""
    return f"concat({', '.join(morceaux)})"


def _boite(style: str, *contenu: str, balise: str = "div") -> str:
    """Return an HTML box around SQL expressions; `style` is a constant."""
    return _html(_chaine(f'<{balise} style="{style}">'), *contenu, _chaine(f"</{balise}>"))


def texte_sur(expression: str) -> str:
    """Escape a text that comes from data."""
    for signe, entite in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        expression = f"replace({expression}, '{signe}', '{entite}')"
    return expression


def entier(valeur: str) -> str:
    """Format an integer with narrow spaces between thousands."""
    return f"replace(format('{{:,}}', cast(round({valeur}) as bigint)), ',', chr(8239))"


def decimal(valeur: str) -> str:
    """Format a number with one decimal and a comma."""
    return f"replace(format('{{:.1f}}', cast({valeur} as double)), '.', ',')"


def part(valeur: str) -> str:
    """Format a ratio in percent without letting 99.7 % read as reached, nor 0.2 % as nothing."""
    unite = "chr(160), chr(37)"
    return (
        f"case when {valeur} >= 0.995 and {valeur} < 1 then concat('&gt; 99', {unite}) "
        f"when {valeur} > 0 and {valeur} < 0.005 then concat('&lt; 1', {unite}) "
        f"else concat(cast(round(100 * {valeur}) as integer), {unite}) end"
    )


def _ou_non_calcule(valeur: str, sinon: str) -> str:
    """Say that a value is not computed rather than show nothing, or 0."""
    vide = _chaine(f'<span style="color:{palette.SECONDAIRE};white-space:nowrap">{NON_CALCULE}</span>')
    return f"case when {valeur} is null then {vide} else {sinon} end"


def _ou_rond(valeur: str, sinon: str) -> str:
    """Say the same in a narrow cell, where the legend of the page explains the mark."""
    return f"case when {valeur} is null then '◌' else {sinon} end"


def _couleur(processus: str) -> str:
    """Return the colour of a process: of a constant code, or of an SQL expression that gives the code."""
    if processus == "ensemble":
        return _chaine(palette.ENSEMBLE)
    if processus in palette.PROCESSUS:
        return _chaine(palette.PROCESSUS[processus])
    cas = " ".join(f"when '{code}' then '{couleur}'" for code, couleur in palette.PROCESSUS.items())
    return f"case {processus} {cas} else '{palette.ENSEMBLE}' end"


def _largeur(valeur: str) -> str:
    """Return a CSS width for a ratio, kept inside the track."""
    return _html(f"round(100 * least(1, greatest(0, {valeur})), 1)", "chr(37)")


def _piste(hauteur: int, style: str, *contenu: str) -> str:
    """Return the track of a bar, from 0 to 100 %."""
    rayon = min(hauteur // 2, 4)
    base = f"position:relative;height:{hauteur}px;background:{palette.PISTE};border-radius:{rayon}px;{style}"
    return _boite(base, *contenu)


def _barre(hauteur: int, couleur: str, taux: str) -> str:
    """Return the bar itself; the colour and the ratio are SQL expressions."""
    rayon = min(hauteur // 2, 4)
    ouverture = f'<div style="position:absolute;left:0;top:0;height:{hauteur}px;border-radius:{rayon}px;background:'
    return _html(_chaine(ouverture), couleur, "';width:'", _largeur(f"coalesce({taux}, 0)"), "'\"></div>'")


def _repere(style: str, taux: str) -> str:
    """Return a mark on a track, or nothing when there is nothing to mark."""
    trait = _html(_chaine(f'<div style="position:absolute;{style};left:'), _largeur(taux), "'\"></div>'")
    return f"case when {taux} is null then '' else {trait} end"


def fort(texte: str) -> str:
    """A label of a row."""
    return _boite("font-weight:600;white-space:nowrap", texte_sur(texte), balise="span")


def etiquette(texte: str) -> str:
    """A text of data that may take several lines."""
    return _boite("white-space:normal;overflow-wrap:anywhere", texte_sur(f"coalesce({texte}, '—')"), balise="span")


def pourcentage(taux: str) -> str:
    """A ratio in percent, in a narrow cell."""
    return _ou_rond(taux, _boite("white-space:nowrap", part(taux), balise="span"))


def nombre(valeur: str) -> str:
    """An integer."""
    return _ou_non_calcule(valeur, _boite("white-space:nowrap", entier(valeur), balise="span"))


def grand_taux(taux: str, processus: str) -> str:
    """A ratio that is read first, in the colour of its process."""
    ouverture = _html(
        _chaine('<span style="font-size:18px;font-weight:700;white-space:nowrap;color:'),
        _couleur(processus),
        _chaine('">'),
    )
    return _ou_rond(taux, _html(ouverture, part(taux), "'</span>'"))


def barre_et_cible(taux: str, cible: str, processus: str) -> str:
    """A bar on a track of 0 to 100 %, and a mark on the target."""
    trait = f"top:-4px;height:26px;width:3px;margin-left:-1px;background:{palette.TEXTE}"
    style = "min-width:150px;margin-right:4px"
    return _piste(18, style, _barre(18, _couleur(processus), taux), _repere(trait, cible))


def taux_et_filet(taux: str, couleur: str) -> str:
    """A ratio with a thin bar below it."""
    filet = _piste(4, "margin-top:3px", _barre(4, _couleur(couleur), taux))
    return _ou_rond(taux, _boite("min-width:40px", part(taux), filet))


def _pastille(texte: str, couleurs: tuple[str, str]) -> str:
    couleur, fond = couleurs
    style = f"color:{couleur};background:{fond};padding:3px 9px;border-radius:10px;white-space:nowrap;font-weight:600"
    return _boite(style, _chaine(texte), balise="span")


def statut(taux: str, cible: str, ecart: str) -> str:
    """The status of a rate against its target; shape and word repeat the colour."""
    return (
        f"case when {taux} is null then {_pastille(NON_CALCULE, palette.NON_CALCULE)} "
        f"when {cible} is null then {_pastille('— Sans cible', palette.NON_CALCULE)} "
        f"when {taux} >= {cible} then {_pastille('● Cible atteinte', palette.ATTEINT)} "
        f"when {taux} >= {cible} - {ecart} then {_pastille('◐ En bonne voie', palette.EN_BONNE_VOIE)} "
        f"else {_pastille('○ À renforcer', palette.A_RENFORCER)} end"
    )


def _ecart_en_points(ecart: str) -> str:
    """Format a difference of two rates: sign by shape, number, unit."""
    return _html(
        f"case when round(1000 * {ecart}) > 0 then '▲ +' when round(1000 * {ecart}) < 0 then '▼ −' else '= ' end",
        decimal(f"abs(100 * {ecart})"),
        "chr(160)",
        "'pts'",
    )


def points(ecart: str) -> str:
    """A difference of two rates, in points, in a narrow cell."""
    return _ou_rond(ecart, _boite("white-space:nowrap", _ecart_en_points(ecart), balise="span"))


def couverture(part_recue: str, seuil: str) -> str:
    """A share of returns, marked under the threshold."""
    alerte = _boite(
        f"white-space:nowrap;font-weight:600;color:{palette.A_RENFORCER[0]}", part(part_recue), "' ⚠'", balise="span"
    )
    normal = _boite("white-space:nowrap", part(part_recue), balise="span")
    return _ou_non_calcule(part_recue, f"case when {part_recue} < {seuil} then {alerte} else {normal} end")


def bandeau(surtitre: str, titre: str, situation: str, demonstration: str) -> str:
    """The head of a page; the banner shows as long as one figure comes from demonstration data."""
    couleur, fond, filet = palette.DEMONSTRATION
    avertissement = (
        f'<div style="float:right;color:{couleur};background:{fond};border-left:4px solid {filet};padding:6px 12px;'
        'font-size:13px;white-space:normal"><strong>⚠ Données de démonstration</strong> : chiffres fictifs, '
        "à ne pas diffuser.</div>"
    )
    return _html(
        f"case when {demonstration} then {_chaine(avertissement)} else '' end",
        _boite(f"font-size:13px;font-weight:500;color:{palette.SECONDAIRE}", texte_sur(surtitre)),
        _boite(
            f"font-size:26px;font-weight:700;line-height:1.3;color:{palette.TEXTE};white-space:normal",
            texte_sur(titre),
        ),
        _boite("font-size:13px;color:#3A4754;white-space:normal", texte_sur(situation)),
    )


def phrase(grand: str, petit: str) -> str:
    """A fact: a figure that is read first, a sentence that explains it."""
    return _boite(
        "white-space:normal;padding:0 6px",
        _boite(f"font-size:24px;font-weight:700;line-height:1.25;color:{palette.TEXTE}", grand),
        _boite("font-size:13px;line-height:1.4;color:#3A4754", petit),
    )


def _pluriel(valeur: str, singulier: str, pluriel: str) -> str:
    return f"case when {valeur} > 1 then {_chaine(pluriel)} else {_chaine(singulier)} end"


def _nom_de_l_extreme(valeurs: dict[str, str], extreme: str) -> tuple[str, str]:
    """Return the label and the value of the process where a measure is least or greatest."""
    limite = f"{extreme}({', '.join(valeurs.values())})"
    cas = " ".join(f"when {valeur} = {limite} then {{nom__{code}}}" for code, valeur in valeurs.items())
    return texte_sur(f"case {cas} end"), limite


def cibles_atteintes(processus: Sequence[str]) -> str:
    """How many processes reach their target, and which one is last."""
    atteintes = (
        "(" + " + ".join(f"coalesce(cast({{taux__{c}}} >= {{cible__{c}}} as integer), 0)" for c in processus) + ")"
    )
    dernier, taux = _nom_de_l_extreme({c: f"{{taux__{c}}}" for c in processus}, "least")
    retard = _html(_chaine(" ; le moins avancé : "), dernier, _chaine(" ("), part(taux), _chaine(")"))
    grand = _html(atteintes, _chaine(f" processus sur {len(processus)}"))
    petit = _html(_pluriel(atteintes, "atteint sa cible", "atteignent leur cible"), retard)
    return phrase(
        f"case when {taux} is null then {_chaine(NON_CALCULE)} else {grand} end",
        f"case when {taux} is null then {_chaine('aucun taux connu pour ce choix')} else {petit} end",
    )


def progression(processus: Sequence[str]) -> str:
    """How many rates rise over one year, and which one rises most."""
    ecarts = {c: f"({{taux__{c}}} - {{taux_un_an_avant__{c}}})" for c in processus}
    unes = [f"coalesce(cast(round(1000 * {ecart}) > 0 as integer), 0)" for ecart in ecarts.values()]
    hausses = f"({' + '.join(unes)})"
    premier, ecart = _nom_de_l_extreme(ecarts, "greatest")
    grand = _html(hausses, _chaine(f" taux sur {len(processus)} "), _pluriel(hausses, "progresse", "progressent"))
    petit = _html(_chaine("en un an ; la meilleure évolution : "), premier, "' ('", _ecart_en_points(ecart), "')'")
    absence = _chaine("pas encore de recul d’un an")
    return phrase(
        f"case when {ecart} is null then {_chaine(NON_CALCULE)} else {grand} end",
        f"case when {ecart} is null then {absence} else {petit} end",
    )


def retours(repondantes: str, suivies: str, couverture: str, seuil: str) -> str:
    """How many collectivités answered, and whether the rates can be trusted."""
    grand = _html(part(couverture), _chaine(" de retours"))
    reserve = f"case when {couverture} < {seuil} then {_chaine(' ; ⚠ à lire avec prudence')} else '' end"
    petit = _html(
        entier(repondantes),
        _pluriel(repondantes, " collectivité sur ", " collectivités sur "),
        entier(suivies),
        _pluriel(repondantes, " a répondu sur au moins un processus", " ont répondu sur au moins un processus"),
        reserve,
    )
    return phrase(f"case when {couverture} is null then {_chaine(NON_CALCULE)} else {grand} end", petit)


def _volume(code: str) -> str:
    """Return what one process still does on paper, its noun in the singular when there is one at most."""
    reste, objet = f"{{reste__{code}}}", texte_sur(f"{{objet__{code}}}")
    accorde = f"case when {reste} > 1 then {objet} else regexp_replace({objet}, '[sx]$', '') end"
    return f"case when {reste} is null then concat('◌ ', {objet}) else concat({entier(reste)}, ' ', {accorde}) end"


def papier(processus: Sequence[str]) -> str:
    """What is still done on paper: the first process in large, the others after it."""
    premier, *autres = [_volume(code) for code in processus]
    *debut, dernier = autres
    suite = [piece for volume in debut for piece in ("', '", volume)][1:]
    petit = _html(_chaine("encore sur papier chez ceux qui ont répondu, avec "), *suite, "' et '", dernier)
    return phrase(premier, petit)


def chiffre_cle(nom: str, taux: str, phrase: str, avant: str, couleur: str) -> str:
    """A key figure: name, rate, what it counts, and a bar with a mark where it stood one year before."""
    teinte = palette.PROCESSUS[couleur]
    ecart = f"({taux} - {avant})"
    trait = f"top:-3px;height:14px;width:3px;background:#FFFFFF;border:1px solid {palette.TEXTE}"
    en_un_an = _html(_ecart_en_points(ecart), _chaine(" en un an"))
    return _boite(
        f"white-space:normal;border-top:4px solid {teinte};padding:10px 4px 0 4px",
        _boite(f"font-size:15px;font-weight:600;color:{palette.TEXTE}", texte_sur(nom)),
        _boite(
            f"font-size:34px;font-weight:700;line-height:1.2;color:{palette.TEXTE}",
            f"case when {taux} is null then {_chaine(NON_CALCULE)} else {part(taux)} end",
        ),
        _boite(f"font-size:12.5px;line-height:1.35;color:{palette.SECONDAIRE};min-height:34px", texte_sur(phrase)),
        _piste(8, "margin-top:10px", _barre(8, _couleur(couleur), taux), _repere(trait, avant)),
        _boite(
            f"font-size:12.5px;color:{palette.TEXTE};margin-top:8px",
            f"case when {ecart} is null then {_chaine('pas encore de recul d’un an')} else {en_un_an} end",
        ),
    )


def date(jour: str) -> str:
    """A civil date."""
    return (
        f"case when {jour} is null then '—' else concat(right(concat('0', extract(day from {jour})), 2), '/', "
        f"right(concat('0', extract(month from {jour})), 2), '/', extract(year from {jour})) end"
    )


def part_fine(valeur: str) -> str:
    """A small ratio in percent, with one decimal."""
    unite = "chr(160), chr(37)"
    return (
        f"case when {valeur} is null then '◌' when {valeur} > 0 and {valeur} < 0.0005 then concat('&lt; 0,1', {unite}) "
        f"else concat({decimal(f'100 * {valeur}')}, {unite}) end"
    )


def jours(valeur: str) -> str:
    """A number of days."""
    return f"case when {valeur} is null then '—' else concat({entier(valeur)}, chr(160), 'j') end"


def fraicheur(anciennete: str, delai: str) -> str:
    """Whether a source still sends."""
    return (
        f"case when {anciennete} is null then {_pastille('◌ Jamais reçu', palette.NON_CALCULE)} "
        f"when {anciennete} <= {delai} then {_pastille('● À jour', palette.ATTEINT)} "
        f"else {_pastille('○ En retard', palette.A_RENFORCER)} end"
    )


def gravite(libelle: str) -> str:
    """What becomes of the line, or of the file, that an anomaly speaks of."""
    return (
        f"case {libelle} when 'Ligne gardée' then {_pastille('◐ Ligne gardée', palette.EN_BONNE_VOIE)} "
        f"when 'Ligne refusée' then {_pastille('○ Ligne refusée', palette.A_RENFORCER)} "
        f"else {_pastille('✕ Fichier refusé', palette.A_RENFORCER)} end"
    )
