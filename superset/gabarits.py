"""Templates of the cells that a dashboard shows: SQL expressions that return HTML.

A metric of a model names a template and feeds it numeric metrics (`{taux}`) or SQL expressions. Superset recomputes
the cell under its filters, so that a pill or a bar is always the pill or the bar of the number beside it. Text that
comes from data goes through `texte_sur`; numbers are formatted here and nowhere else.

Every function takes SQL expressions and returns one. `chr(37)` is the percent sign, which the SQL driver would read.
"""

from collections.abc import Sequence

import palette

NON_CALCULE = "◌ Non calculé"
# What stands in the columns of territories for whoever belongs to none of their kind.
HORS_TERRITOIRE = ("Hors intercommunalité", "Région et syndicat")
# Beyond, a title says how many territories are chosen; the boxes of the filters say which.
NOMS_AU_PLUS = 3
# What a link chooses on the page that it opens: {filter: [column, SQL value]}.
Choix = dict[str, Sequence[str]]
# A choice that leaves no row would hide what the rows say.
PUBLIE_UNE_DEMONSTRATION = "(select coalesce(bool_or(est_demonstration), false) from marts.fct_fichiers_recus)"


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
    if processus in palette.NEUTRES:
        return _chaine(palette.NEUTRES[processus])
    if processus in palette.PROCESSUS:
        return _chaine(palette.PROCESSUS[processus])
    cas = " ".join(f"when '{code}' then '{couleur}'" for code, couleur in palette.PROCESSUS.items())
    return f"case {processus} {cas} else '{palette.ENSEMBLE}' end"


def _hachures(couleur: str) -> str:
    """Return the CSS background of a bar that shows an estimate: stripes, where a measure is plain."""
    return f"repeating-linear-gradient(135deg,{couleur} 0 4px,{palette.ESTIME} 4px 8px)"


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


def decimal_ou_rond(valeur: str) -> str:
    """A number with one decimal, in a narrow cell."""
    return _ou_rond(valeur, _boite("white-space:nowrap", decimal(valeur), balise="span"))


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


def _adresse(page: str, choix: Choix) -> str:
    """Return the address of a dashboard whose filters are already chosen."""

    def morceau(filtre: str, colonne: str, valeur: str) -> str:
        identifiant = f"NATIVE_FILTER-{filtre}"
        # In Rison ! and the quote are escaped with !; what the address itself cannot hold is escaped after that.
        ecrite = f"url_encode(replace(replace({valeur}, '!', '!!'), chr(39), concat('!', chr(39))))"
        return _html(
            _chaine(f"{identifiant}:(id:{identifiant},extraFormData:(filters:!((col:{colonne},op:IN,val:!('"),
            ecrite,
            _chaine("')))),filterState:(label:'"),
            ecrite,
            _chaine("',value:!('"),
            ecrite,
            _chaine("')),ownState:())"),
        )

    filtres = [morceau(filtre, colonne, valeur) for filtre, (colonne, valeur) in choix.items()]
    suite = [piece for filtre in filtres for piece in ("','", filtre)][1:]
    return _html(_chaine(f"/superset/dashboard/{page}/?native_filters=("), *suite, "')'")


def _lien(contenu: str, page: str, choix: Choix) -> str:
    """Return a link to a dashboard around safe HTML."""
    return _html(_chaine('<a href="'), _adresse(page, choix), _chaine('">'), contenu, _chaine("</a>"))


def lien(texte: str, page: str, choix: Choix) -> str:
    """A name that leads to a dashboard where it is already chosen."""
    return _boite("white-space:normal;overflow-wrap:anywhere", _lien(texte_sur(texte), page, choix), balise="span")


def taux_filet_et_lien(taux: str, couleur: str, page: str, choix: Choix) -> str:
    """A ratio that leads to the lines of files that make it, with a thin bar below it."""
    filet = _piste(4, "margin-top:3px", _barre(4, _couleur(couleur), taux))
    return _ou_rond(taux, _boite("min-width:40px", _lien(part(taux), page, choix), filet))


def chiffre_recompose(numerateur: str, denominateur: str, indicateur: str) -> str:
    """What two sums of lines give: the ratio, one decimal, and the indicator that it is."""
    taux = f"({numerateur} / nullif({denominateur}, 0))"
    vide = _chaine("ce choix ne se lit pas en un taux : choisissez un indicateur en taux, et un mois si c’est un stock")
    return phrase(
        f"case when {taux} is null then {_chaine(NON_CALCULE)} else {part_fine(taux)} end",
        f"case when {taux} is null then {vide} else {texte_sur(indicateur)} end",
    )


def terme_recompose(valeur: str, mot: str, nombre_de_lignes: str) -> str:
    """The sum of what the lines of one term bring, and how many lines that is."""
    lignes = _html(entier(nombre_de_lignes), _pluriel(nombre_de_lignes, " ligne de fichier", " lignes de fichiers"))
    return phrase(
        f"case when {valeur} is null then {_chaine(NON_CALCULE)} else {entier(valeur)} end",
        _html(_chaine(f"au {mot} : somme des apports de "), lignes),
    )


def _pastille_sql(texte: str, couleurs: tuple[str, str]) -> str:
    """A pill whose text is an SQL expression already safe."""
    couleur, fond = couleurs
    style = f"color:{couleur};background:{fond};padding:3px 9px;border-radius:10px;white-space:nowrap;font-weight:600"
    return _boite(style, texte, balise="span")


def _pastille(texte: str, couleurs: tuple[str, str]) -> str:
    return _pastille_sql(_chaine(texte), couleurs)


def statut(taux: str, cible: str, ecart: str, objets: str = "", assez: str = "") -> str:
    """The status of a rate against its target; shape and word repeat the colour. Few objects are not judged."""
    peu = f"when {objets} < {assez} then {_pastille('◌ Peu d’objets', palette.NON_CALCULE)} " if objets else ""
    return (
        f"case when {taux} is null then {_pastille(NON_CALCULE, palette.NON_CALCULE)} "
        f"{peu}"
        f"when {cible} is null then {_pastille('— Sans cible', palette.NON_CALCULE)} "
        f"when {taux} >= {cible} then {_pastille('● Cible atteinte', palette.ATTEINT)} "
        f"when {taux} >= {cible} - {ecart} then {_pastille('◐ En bonne voie', palette.EN_BONNE_VOIE)} "
        f"else {_pastille('○ À renforcer', palette.A_RENFORCER)} end"
    )


def _ecart_en_points(ecart: str) -> str:
    """Format a difference of two rates: sign by shape, number, unit."""
    return _html(
        f"case when round(1000 * ({ecart})) > 0 then '▲ +' when round(1000 * ({ecart})) < 0 then '▼ −' else '= ' end",
        decimal(f"abs(100 * ({ecart}))"),
        "chr(160)",
        "'pts'",
    )


def points(ecart: str) -> str:
    """A difference of two rates, in points, in a narrow cell."""
    return _ou_rond(ecart, _boite("white-space:nowrap", _ecart_en_points(ecart), balise="span"))


def barre_et_pairs(taux: str, bas: str, haut: str, statut: str, page: str, choix: Choix) -> str:
    """A bar on a track of 0 to 100 %, and the stretch where the middle half of the peers stands.

    The figure leads to the lines of files that make it; an estimate has none, and its bar is striped.
    """
    zone = (
        f"case when {bas} is null or {haut} is null then '' else "
        + _html(
            _chaine(
                f'<div style="position:absolute;top:-3px;height:24px;border-left:3px solid {palette.TEXTE};'
                f"border-right:3px solid {palette.TEXTE};box-shadow:0 0 0 1px #FFFFFF;"
                "background:rgba(255,255,255,.25);left:"
            ),
            _largeur(bas),
            "';width:'",
            _largeur(f"{haut} - {bas}"),
            _chaine('"></div>'),
        )
        + " end"
    )
    est_mesure = f"{statut} in ('observe', 'declare', 'partiel')"
    couleur = f"case when {est_mesure} then '{palette.ENSEMBLE}' else '{_hachures(palette.ENSEMBLE)}' end"
    piste = _piste(18, "min-width:150px;margin-right:4px", _barre(18, couleur, taux), zone)
    estime = _html(part(taux), _chaine(" (estimé)"))
    chiffre = f"case when {est_mesure} then {_lien(part(taux), page, choix)} else {estime} end"
    return _ou_non_calcule(taux, _html(chiffre, piste))


def taux_des_pairs(taux: str, nombre_de_pairs: str) -> str:
    """The rate of the peers, and how many of them are known."""
    effectif = _boite(f"font-size:12px;color:{palette.SECONDAIRE}", "'sur '", entier(nombre_de_pairs), balise="span")
    return _ou_rond(taux, _boite("white-space:nowrap", part(taux), "' '", effectif, balise="span"))


def solidite(statut: str) -> str:
    """What a value rests on."""
    pastilles = {
        "observe": ("● Observé", palette.ATTEINT),
        "declare": ("● Déclaré", palette.ATTEINT),
        "partiel": ("◐ Partiel", palette.EN_BONNE_VOIE),
        "estime": ("◌ Estimé", palette.EN_BONNE_VOIE),
    }
    return _selon(statut, pastilles, ("◌ Absent", palette.NON_CALCULE))


def etat_de_retour(etat: str) -> str:
    """Whether the return of a month came."""
    pastilles = {"complet": ("● Complet", palette.ATTEINT), "incomplet": ("◐ Incomplet", palette.EN_BONNE_VOIE)}
    return _selon(etat, pastilles, ("○ Manquant", palette.A_RENFORCER))


def etat_d_obligation(libelle: str) -> str:
    """Where a collectivité stands before an obligation; the word is the model's, the colour repeats it."""
    texte = texte_sur(libelle)
    return (
        f"case when {libelle} like concat('En règle', chr(37)) then {_pastille_sql(texte, palette.ATTEINT)} "
        f"when {libelle} = 'Pas encore' then {_pastille_sql(texte, palette.A_RENFORCER)} "
        f"else {_pastille_sql(texte, palette.NON_CALCULE)} end"
    )


def _selon(valeur: str, pastilles: dict[str, tuple[str, tuple[str, str]]], sinon: tuple[str, tuple[str, str]]) -> str:
    """Choose a pill by the code that a column holds."""
    cas = " ".join(f"when '{code}' then {_pastille(*pastille)}" for code, pastille in pastilles.items())
    return f"case {valeur} {cas} else {_pastille(*sinon)} end"


def fait(grand: str, petit: str) -> str:
    """A fact whose words come from data."""
    return phrase(texte_sur(grand), texte_sur(petit))


def couverture(part_recue: str, seuil: str) -> str:
    """A share of returns, marked under the threshold."""
    alerte = _boite(
        f"white-space:nowrap;font-weight:600;color:{palette.A_RENFORCER[0]}", part(part_recue), "' ⚠'", balise="span"
    )
    normal = _boite("white-space:nowrap", part(part_recue), balise="span")
    return _ou_non_calcule(part_recue, f"case when {part_recue} < {seuil} then {alerte} else {normal} end")


def bandeau(surtitre: str, titre: str, situation: str, demonstration: str) -> str:
    """The head of a page; the banner shows as long as one published file is invented, whatever the filters leave."""
    couleur, fond, filet = palette.DEMONSTRATION
    avertissement = (
        f'<div style="float:right;color:{couleur};background:{fond};border-left:4px solid {filet};padding:6px 12px;'
        'font-size:13px;white-space:normal"><strong>⚠ Données de démonstration</strong> : chiffres fictifs, '
        "à ne pas diffuser.</div>"
    )
    return _html(
        f"case when {demonstration} or {PUBLIE_UNE_DEMONSTRATION} then {_chaine(avertissement)} else '' end",
        _boite(f"font-size:13px;font-weight:500;color:{palette.SECONDAIRE}", texte_sur(surtitre)),
        _boite(
            f"font-size:26px;font-weight:700;line-height:1.3;color:{palette.TEXTE};white-space:normal",
            texte_sur(titre),
        ),
        _boite(f"font-size:13px;color:{palette.CORPS};white-space:normal", texte_sur(situation)),
    )


def perimetre() -> str:
    """What part of Bretagne is shown, as text: names as long as they are few, else how many; then one type, one size.

    Needs the columns nom_epci, nom_departement, libelle_type and classe_taille.
    """

    def noms(colonne: str) -> tuple[str, str]:
        choisis = f"filter (where {colonne} not in ({', '.join(map(_chaine, HORS_TERRITOIRE))}))"
        return (
            f"count(distinct {colonne}) {choisis}",
            f"string_agg(distinct {colonne}, ', ' order by {colonne}) {choisis}",
        )

    def seul(colonne: str) -> str:
        return f"case when min({colonne}) = max({colonne}) then concat(' · ', min({colonne})) else '' end"

    nb_epci, epci = noms("nom_epci")
    nb_departements, departements = noms("nom_departement")
    combien = f"concat({nb_epci}, {_chaine(' intercommunalités')})"
    partout = "(select count(*) from marts.dim_collectivites where est_breton and type_collectivite = 'epci')"
    territoire = (
        f"case when count(*) = 0 then {_chaine('Aucune collectivité')} "
        f"when {nb_epci} between 1 and {NOMS_AU_PLUS} then {epci} "
        f"when {nb_departements} between 1 and {NOMS_AU_PLUS} "
        f"then concat({departements}, case when {nb_epci} > 0 then concat(', ', {combien}) else '' end) "
        f"when {nb_epci} between 1 and {partout} - 1 then {combien} else 'Bretagne' end"
    )
    return _html(territoire, seul("libelle_type"), seul("classe_taille"))


def phrase(grand: str, petit: str) -> str:
    """A fact: a figure that is read first, a sentence that explains it."""
    return _boite(
        "white-space:normal;padding:0 6px",
        _boite(f"font-size:24px;font-weight:700;line-height:1.25;color:{palette.TEXTE}", grand),
        _boite(f"font-size:13px;line-height:1.4;color:{palette.CORPS}", petit),
    )


def _pluriel(valeur: str, singulier: str, pluriel: str) -> str:
    return f"case when {valeur} > 1 then {_chaine(pluriel)} else {_chaine(singulier)} end"


def _nom_de_l_extreme(valeurs: dict[str, str], extreme: str) -> tuple[str, str]:
    """Return the label and the value of the process where a measure is least or greatest."""
    limite = f"{extreme}({', '.join(valeurs.values())})"
    cas = " ".join(f"when {valeur} = {limite} then {{nom__{code}}}" for code, valeur in valeurs.items())
    return texte_sur(f"case {cas} end"), limite


def cibles_atteintes(processus: Sequence[str]) -> str:
    """How many processes reach their target on enough objects, how many have too few, and which one is last."""

    def combien(condition: str) -> str:
        cas = (f"coalesce(cast({condition.format(code=code)} as integer), 0)" for code in processus)
        return f"({' + '.join(cas)})"

    atteintes = combien("{{taux__{code}}} >= {{cible__{code}}} and {{assez__{code}}}")
    peu = combien("not {{assez__{code}}}")
    sans_avis = _html("' ('", peu, _pluriel(peu, " n’est pas jugé", " ne sont pas jugés"), "' : peu d’objets)'")
    dernier, taux = _nom_de_l_extreme({c: f"{{taux__{c}}}" for c in processus}, "least")
    retard = _html(_chaine(" ; le moins avancé : "), dernier, _chaine(" ("), part(taux), _chaine(")"))
    grand = _html(atteintes, _chaine(f" processus sur {len(processus)}"))
    reserve = f"case when {peu} > 0 then {sans_avis} else '' end"
    petit = _html(_pluriel(atteintes, "atteint sa cible", "atteignent leur cible"), reserve, retard)
    return phrase(
        f"case when {taux} is null then {_chaine(NON_CALCULE)} else {grand} end",
        f"case when {taux} is null then {_chaine('aucun taux connu pour ce choix')} else {petit} end",
    )


def _repondantes(nombre: str, attendues: str, seuil: str) -> str:
    """How many collectivités a rate is made of, between brackets, with a warning when they are few."""
    verbe = _pluriel(nombre, " collectivité connue sur ", " collectivités connues sur ")
    reserve = f"case when {nombre} < {attendues} * {seuil} then {_chaine(' ; ⚠ à lire avec prudence')} else '' end"
    return _html("' ('", entier(nombre), verbe, entier(attendues), reserve, "')'")


def taux_et_repondantes(taux: str, ce_que_c_est: str, connues: str, attendues: str, seuil: str) -> str:
    """A rate, what it counts, and how many collectivités it is made of."""
    suite = _repondantes(f"coalesce({connues}, 0)", attendues, seuil)
    return phrase(
        f"case when {taux} is null then {_chaine(NON_CALCULE)} else {part(taux)} end",
        _html(texte_sur(ce_que_c_est), suite),
    )


def etape_la_plus_faible(etapes: Sequence[str], chaine: str, seuil: str) -> str:
    """Where paper stays longest in a chain: the least of its rates, the step that it is the rate of, and who told."""
    taux = {code: f"{{taux__{code}}}" for code in etapes}
    etape, plus_faible = _nom_de_l_extreme(taux, "least")

    def de_l_etape(mesure: str) -> str:
        cas = " ".join(f"when {taux[code]} = {plus_faible} then {{{mesure}__{code}}}" for code in etapes)
        return f"(case {cas} end)"

    suite = _repondantes(de_l_etape("connues"), de_l_etape("attendues"), seuil)
    petit = _html(_chaine(f"sans papier à l’étape la moins avancée {chaine} : "), etape, suite)
    return phrase(
        f"case when {plus_faible} is null then {_chaine(NON_CALCULE)} else {part(plus_faible)} end",
        f"case when {plus_faible} is null then {_chaine('aucun taux connu pour ce choix')} else {petit} end",
    )


def progression(processus: Sequence[str]) -> str:
    """How many rates rise over one year, and which one rises most."""
    ecarts = {c: f"({{taux__{c}}} - {{taux_un_an_avant__{c}}})" for c in processus}
    unes = [f"coalesce(cast(round(1000 * {ecart}) > 0 as integer), 0)" for ecart in ecarts.values()]
    hausses = f"({' + '.join(unes)})"
    premier, ecart = _nom_de_l_extreme(ecarts, "greatest")
    grand = _html(hausses, _chaine(f" taux sur {len(processus)} "), _pluriel(hausses, "progresse", "progressent"))
    petit = _html(_chaine("en un an ; la meilleure évolution : "), premier, "' ('", _ecart_en_points(ecart), "')'")
    absence = _chaine("pas d’an passé comparable")
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
            f"case when {ecart} is null then {_chaine('pas d’an passé comparable')} else {en_un_an} end",
        ),
    )


def date(jour: str) -> str:
    """A civil date."""
    return (
        f"case when {jour} is null then '—' else concat(right(concat('0', extract(day from {jour})), 2), '/', "
        f"right(concat('0', extract(month from {jour})), 2), '/', extract(year from {jour})) end"
    )


def moment(instant: str) -> str:
    """A civil date with its time of day, both already local."""
    minutes = f"right(concat('0', extract(minute from {instant})), 2)"
    heure = f"concat(extract(hour from {instant}), chr(160), 'h', chr(160), {minutes})"
    return f"case when {instant} is null then '—' else concat({date(instant)}, ' à ', {heure}) end"


def part_fine(valeur: str) -> str:
    """A small ratio in percent, with one decimal."""
    unite = "chr(160), chr(37)"
    return (
        f"case when {valeur} is null then '◌' when {valeur} > 0 and {valeur} < 0.0005 then concat('&lt; 0,1', {unite}) "
        f"else concat({decimal(f'100 * {valeur}')}, {unite}) end"
    )


def jours(valeur: str) -> str:
    """A number of days; in years when there are hundreds, which nobody counts."""
    return (
        f"case when {valeur} is null then '—' when {valeur} >= 730 then concat({decimal(f'{valeur} / 365.25')}, "
        f"chr(160), 'ans') else concat({entier(valeur)}, chr(160), 'j') end"
    )


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


def decision(libelle: str) -> str:
    """Whether a doubt about a source is settled."""
    return (
        f"case {libelle} when 'Tranché' then {_pastille('● Tranché', palette.ATTEINT)} "
        f"when 'Ouvert' then {_pastille('○ Ouvert', palette.A_RENFORCER)} "
        f"else {_pastille('◐ À confirmer', palette.EN_BONNE_VOIE)} end"
    )


def etape_de_projet(situation: str, retard: str) -> str:
    """Where one stage of a project stands; the days of delay are written, shape and word repeat the colour."""
    ajout = _html("'● Close, +'", entier(retard), _chaine(" j"))
    attente = _html("'○ Retard '", entier(retard), _chaine(" j"))
    return (
        f"case {situation} when 'acquise' then {_pastille('● Close', palette.ATTEINT)} "
        f"when 'acquise_tard' then {_pastille_sql(ajout, palette.EN_BONNE_VOIE)} "
        f"when 'en_retard' then {_pastille_sql(attente, palette.A_RENFORCER)} "
        f"when 'sautee' then {_pastille('✕ Sautée', palette.A_RENFORCER)} "
        f"when 'en_cours' then {_pastille('◐ En cours', palette.EN_COURS)} "
        f"when 'a_venir' then {_pastille('◌ À venir', palette.NON_CALCULE)} "
        f"else {_pastille('◌ Inconnue', palette.NON_CALCULE)} end"
    )


def duree_et_norme(duree: str, mini: str, maxi: str) -> str:
    """A duration in months against the norm."""
    mois = _html(entier(duree), "chr(160)", "'mois'")
    long, court, bon = (_html(_chaine(signe), mois) for signe in ("○ ", "◌ ", "● "))
    return (
        f"case when {duree} is null then {_pastille('◐ En cours', palette.EN_COURS)} "
        f"when {duree} > {maxi} then {_pastille_sql(long, palette.EN_BONNE_VOIE)} "
        f"when {duree} < {mini} then {_pastille_sql(court, palette.NON_CALCULE)} "
        f"else {_pastille_sql(bon, palette.ATTEINT)} end"
    )


def _sur(nombre: str, total: str) -> str:
    return _html(entier(nombre), _chaine(" sur "), entier(total))


def compte(nombre: str, total: str) -> str:
    """So many out of so many, in a narrow cell."""
    return f"case when coalesce({total}, 0) = 0 then '—' else {_sur(nombre, total)} end"


def compte_et_barre(nombre: str, total: str) -> str:
    """So many out of so many, with a thin bar below."""
    taux = f"({nombre} / nullif({total}, 0))"
    filet = _piste(4, "margin-top:3px", _barre(4, _couleur("ensemble"), taux))
    return (
        f"case when coalesce({total}, 0) = 0 then '—' else {_boite('min-width:60px', _sur(nombre, total), filet)} end"
    )


def evaluations(retards: str, attendues: str) -> str:
    """Yearly evaluations: none due, all done, or how many are late."""
    tard = _html("'○ '", entier(retards), _chaine(" en retard"))
    return (
        f"case when coalesce({attendues}, 0) = 0 then '—' "
        f"when {retards} = 0 then {_pastille('● À jour', palette.ATTEINT)} "
        f"else {_pastille_sql(tard, palette.A_RENFORCER)} end"
    )


def temps_et_norme(etp: str, mini: str, maxi: str) -> str:
    """Agents' time in full-time equivalents; the norm is written beside it when it is left."""
    valeur = f"replace(format('{{:.2f}}', cast({etp} as double)), '.', ',')"
    return (
        f"case when {etp} is null then '◌' when {etp} < {mini} then concat({valeur}, ' ▼') "
        f"when {etp} > {maxi} then concat({valeur}, ' ▲') else {valeur} end"
    )


def calcul_de_priorite(
    attente: str, faisabilite: str, cout: str, poids_attente: str, poids_faisabilite: str, poids_cout: str
) -> str:
    """How a score of priority is made, weights written."""
    termes = ((poids_attente, attente), (poids_faisabilite, faisabilite), (poids_cout, cout))
    produits = [_html(poids(p), _chaine(" × "), entier(note)) for p, note in termes]
    return _html(produits[0], _chaine(" + "), produits[1], _chaine(" − "), produits[2])


def poids(valeur: str) -> str:
    """A weight, without useless decimals."""
    return f"replace(regexp_replace(format('{{:.2f}}', cast({valeur} as double)), '[.]?0+$', ''), '.', ',')"


def score(valeur: str) -> str:
    """A score that is read first."""
    ecrit = f"replace(regexp_replace(format('{{:.1f}}', cast({valeur} as double)), '[.]0$', ''), '.', ',')"
    return _ou_rond(valeur, _boite("font-size:16px;font-weight:700", ecrit, balise="span"))


def etat_d_action(etat: str, en_retard: str) -> str:
    """Where an open action stands."""
    return (
        f"case when {en_retard} then {_pastille('○ En retard', palette.A_RENFORCER)} "
        f"when {etat} = 'en_cours' then {_pastille('◐ En cours', palette.EN_COURS)} "
        f"when {etat} = 'validee' then {_pastille('◌ Validée', palette.NON_CALCULE)} "
        f"else {_pastille('◌ Proposée', palette.NON_CALCULE)} end"
    )


def intervalle(bas: str, haut: str) -> str:
    """Between which rates the true one lies, in percent."""
    texte = _html(f"cast(round(100 * {bas}) as integer)", _chaine(" à "), part(haut))
    return _ou_rond(bas, _boite("white-space:nowrap", texte, balise="span"))


def taux_ou_secret(taux: str, supprime: str, couleur: str) -> str:
    """A ratio with its thin bar, or why it is hidden: fewer than five people answered."""
    cache = _pastille("▪ Moins de 5 réponses", palette.NON_CALCULE)
    return f"case when {supprime} then {cache} else {taux_et_filet(taux, couleur)} end"


def note_sur_cinq(note: str, bas: str, haut: str) -> str:
    """A mark out of five and its interval."""
    texte = _html(decimal(note), _chaine(" sur 5 ("), decimal(bas), _chaine(" à "), decimal(haut), "')'")
    return _ou_rond(note, _boite("white-space:nowrap", texte, balise="span"))


# Savings ---------------------------------------------------------------------------------------------------------

NOMS_DE_PROCESSUS = {
    "ensemble": "Ensemble",
    "marches": "Marchés publics",
    "actes": "Actes",
    "helios": "Hélios",
    "plateforme": "Achat en commun",
    "couts_fixes": "Coûts fixes",
}
NOMS_DE_NATURES = {"budget": "Argent", "temps": "Temps d’agents", "externe": "Entreprises et usagers"}
UN_SEUL_NIVEAU = (
    "◌ Choisissez un scénario et un seul niveau pour chacun des six leviers : les résultats de plusieurs choix "
    "ne s’additionnent pas."
)


def _noms(expression: str, noms: dict[str, str]) -> str:
    cas = " ".join(f"when '{code}' then {_chaine(nom)}" for code, nom in noms.items())
    return f"case {expression} {cas} else {texte_sur(expression)} end"


def _deux_decimales(valeur: str) -> str:
    return f"replace(format('{{:.2f}}', cast({valeur} as double)), '.', ',')"


def euros(montant: str) -> str:
    """An amount as people say it: millions with two decimals, thousands below, then units; the sign is a true minus."""
    signe = f"case when round({montant}) < 0 then '−' else '' end"
    millions = _html(_deux_decimales(f"abs({montant}) / 1000000"), "chr(160)", "'M€'")
    milliers = _html(entier(f"abs({montant}) / 1000"), "chr(160)", "'k€'")
    unites = _html(entier(f"abs({montant})"), "chr(160)", "'€'")
    grandeur = (
        f"case when abs({montant}) >= 1000000 then {millions} when abs({montant}) >= 10000 then {milliers} "
        f"else {unites} end"
    )
    return f"case when {montant} is null then '◌' else {_html(signe, grandeur)} end"


def montant(valeur: str) -> str:
    """An amount in a narrow cell."""
    return _ou_rond(valeur, _boite("white-space:nowrap", euros(valeur), balise="span"))


def petit_montant(valeur: str) -> str:
    """An amount of a few euros, with cents."""
    return _ou_rond(
        valeur,
        _boite("white-space:nowrap", _deux_decimales(valeur), "chr(160)", "'€'", balise="span"),
    )


def nom_du_processus(code: str) -> str:
    """The name of a process of the savings."""
    return _boite("font-weight:600;white-space:nowrap", _noms(code, NOMS_DE_PROCESSUS), balise="span")


def nom_de_la_nature(code: str) -> str:
    """What kind of gain it is."""
    return _boite("font-weight:600;white-space:nowrap", _noms(code, NOMS_DE_NATURES), balise="span")


def mesure_d_economie(titre: str, montant: str, precision: str, sens: str, couleur: str) -> str:
    """A measure of the savings, with its interval and what it means: read side by side, never added."""
    teinte = palette.MESURES[couleur]
    return _boite(
        f"white-space:normal;border-left:5px solid {teinte};padding:2px 8px 2px 10px",
        _boite(f"font-size:13px;font-weight:600;color:{palette.TEXTE}", _chaine(titre)),
        _boite(
            f"font-size:24px;font-weight:700;line-height:1.3;color:{palette.TEXTE}",
            f"case when {montant} is null then {_chaine(NON_CALCULE)} else {euros(montant)} end",
        ),
        _boite(f"font-size:12.5px;color:{palette.TEXTE};min-height:18px", precision),
        _boite(f"font-size:12.5px;line-height:1.4;color:{palette.SECONDAIRE}", _chaine(sens)),
    )


def entre_deux(bas: str, haut: str) -> str:
    """Between which amounts eight draws out of ten fall."""
    texte = _html(_chaine("entre "), euros(bas), _chaine(" et "), euros(haut), _chaine(" huit fois sur dix"))
    return f"case when {bas} is null or {haut} is null then {_chaine('sans intervalle')} else {texte} end"


def _segment(couleur: str, valeur: str, maximum: str) -> str:
    largeur = _html(f"round(100 * greatest(0, coalesce({valeur}, 0)) / nullif({maximum}, 0), 1)", "chr(37)")
    return _html(_chaine(f'<div style="height:18px;background:{couleur};width:'), largeur, "'\"></div>'")


def barre_de_natures(budget: str, temps: str, externe: str, maximum: str) -> str:
    """Three stretches of a bar, scaled to the greatest row: money, time, what others gain."""
    segments = (
        _segment(palette.NATURES[nature], valeur, maximum)
        for nature, valeur in (("budget", budget), ("temps", temps), ("externe", externe))
    )
    return _boite(
        f"display:flex;height:18px;min-width:160px;background:{palette.PISTE};border-radius:4px;overflow:hidden",
        *segments,
    )


def barre_de_montant(valeur: str, maximum: str, couleur: str) -> str:
    """An amount over a bar scaled to the greatest row."""
    taux = f"(cast({valeur} as double) / nullif({maximum}, 0))"
    teinte = palette.MESURES[couleur]
    fond = teinte if couleur in palette.MESURES_FAITES else _hachures(teinte)
    filet = _piste(8, "margin-top:3px;min-width:110px", _barre(8, _chaine(fond), taux))
    return _ou_rond(valeur, _boite("", _boite("white-space:nowrap", euros(valeur)), filet))


def moustaches(p10: str, p50: str, p90: str, retenu: str, minimum: str, maximum: str, couleur: str) -> str:
    """The interval of an amount on a common scale: eight draws out of ten, their middle, the published figure."""

    def place(valeur: str) -> str:
        return f"((cast({valeur} as double) - ({minimum})) / nullif(({maximum}) - ({minimum}), 0))"

    teinte = palette.MESURES[couleur]
    zone = _html(
        _chaine(f'<div style="position:absolute;top:5px;height:8px;border-radius:4px;background:{teinte};left:'),
        _largeur(place(p10)),
        "';width:'",
        _largeur(f"{place(p90)} - {place(p10)}"),
        _chaine('"></div>'),
    )
    milieu = _repere(f"top:3px;height:12px;width:2px;background:{palette.TEXTE}", place(p50))
    losange = _html(
        _chaine(
            '<div style="position:absolute;top:-1px;margin-left:-6px;font-size:14px;line-height:18px;'
            f"color:{palette.A_RENFORCER[0]};left:"
        ),
        _largeur(place(retenu)),
        _chaine('">◆</div>'),
    )
    marque = f"case when {retenu} is null then '' else {losange} end"
    piste = _piste(18, "min-width:220px;margin:0 8px", zone, milieu, marque)
    return f"case when {p10} is null or {p90} is null then {_chaine('sans intervalle')} else {piste} end"


def tornade(bas: str, haut: str, central: str, minimum: str, maximum: str) -> str:
    """What one parameter moves alone, from its low bound to its high one, around the central figure."""

    def place(valeur: str) -> str:
        return f"((cast({valeur} as double) - ({minimum})) / nullif(({maximum}) - ({minimum}), 0))"

    gauche, droite = f"least({bas}, {haut})", f"greatest({bas}, {haut})"
    zone = _html(
        _chaine(
            '<div style="position:absolute;top:0;height:18px;border-radius:4px;'
            f"background:{palette.MESURES['projection_taux_constant']};left:"
        ),
        _largeur(place(gauche)),
        "';width:'",
        _largeur(f"{place(droite)} - {place(gauche)}"),
        _chaine('"></div>'),
    )
    trait = _repere(f"top:-3px;height:24px;width:2px;background:{palette.TEXTE}", place(central))
    return _piste(18, "min-width:220px;margin:0 8px", zone, trait)


def de_a(bas: str, haut: str) -> str:
    """From one amount to another."""
    texte = _html(euros(bas), _chaine(" → "), euros(haut))
    return _ou_rond(bas, _boite("white-space:nowrap", texte, balise="span"))


def temps_gagne(heures: str, etp: str) -> str:
    """Agents' time, in full-time equivalents and hours: a capacity, no money."""
    texte = _html(decimal(etp), "chr(160)", "'ETP'", _chaine(" · "), entier(heures), "chr(160)", "'h'")
    return _ou_rond(heures, _boite("white-space:nowrap", texte, balise="span"))


def resultat_de_simulation(choix: str, titre: str, montant: str, central: str, sens: str, couleur: str) -> str:
    """A simulated measure and its distance to the scenario's own figure; a sentence unless one level per lever."""
    ecart = f"({montant} - {central})"
    loin = _html(
        f"case when {ecart} > 0 then '▲ +' else '▼ −' end",
        euros(f"abs({ecart})"),
        _chaine(" par rapport au scénario ("),
        euros(central),
        _chaine(")"),
    )
    compare = f"case when round({ecart}) = 0 then {_chaine('= le chiffre du scénario')} else {loin} end"
    return si_un_seul_niveau(choix, mesure_d_economie(titre, montant, compare, sens, couleur))


def si_un_seul_niveau(choix: str, contenu: str) -> str:
    """What a choice gives, or the sentence that asks for one level per lever: never a total of several choices."""
    return f"case when {choix} then {contenu} else {_attente()} end"


def _attente() -> str:
    return _boite(f"white-space:normal;font-size:13px;color:{palette.SECONDAIRE}", _chaine(UN_SEUL_NIVEAU))


def statut_d_hypothese(statut: str, releves: str) -> str:
    """How solid a value is, and on how many surveys of the panel it rests."""
    pastilles = {
        "S": ("● Document", palette.ATTEINT),
        "P": ("● Source publique", palette.ATTEINT),
        "M": ("◐ À vérifier", palette.EN_BONNE_VOIE),
    }
    pastille = _selon(statut, pastilles, ("○ Hypothèse", palette.A_RENFORCER))
    nombre_lu = _html(entier(releves), _pluriel(releves, " relevé", " relevés"))
    return _html(pastille, _boite(f"font-size:12px;white-space:nowrap;color:{palette.SECONDAIRE}", nombre_lu))


def facteur(valeur: str) -> str:
    """A factor, with three decimals."""
    texte = f"replace(format('{{:.3f}}', cast({valeur} as double)), '.', ',')"
    return f"case when {valeur} is null then '—' else {texte} end"


def plage(bas: str, milieu: str, haut: str, unite: str) -> str:
    """A range and its middle, in percent for a ratio, else with the decimals that its size asks for."""

    def ecrit(valeur: str) -> str:
        petit = f"replace(format('{{:.2f}}', cast({valeur} as double)), '.', ',')"
        return (
            f"case when {unite} = 'ratio' then concat(cast(round(100 * {valeur}) as integer), chr(160), chr(37)) "
            f"else concat(case when abs({valeur}) >= 1000 then {entier(valeur)} when abs({valeur}) >= 20 "
            f"then {decimal(valeur)} else {petit} end, case when starts_with({unite}, 'eur') "
            f"then concat(chr(160), '€') else '' end) end"
        )

    texte = _html(ecrit(bas), _chaine(" · "), "'<strong>'", ecrit(milieu), "'</strong>'", _chaine(" · "), ecrit(haut))
    return _ou_rond(milieu, _boite("white-space:nowrap", texte, balise="span"))


def nuage(x: str, y: str, nom_x: str, nom_y: str) -> str:
    """One dot per row of the dataset, two ratios on two axes that start at 0 and end at 100 %; axes are named."""

    def place(valeur: str) -> str:
        return f"round(100 * least(1, greatest(0, {valeur})), 1)"

    point = _html(
        _chaine(
            '<div style="position:absolute;width:5px;height:5px;border-radius:3px;'
            f"background:{palette.MESURES['projection_taux_constant']};left:"
        ),
        place(x),
        "chr(37)",
        "';bottom:'",
        place(y),
        "chr(37)",
        "'\"></div>'",
    )
    reperes = "".join(
        f'<div style="position:absolute;left:{n}%;bottom:0;height:260px;width:1px;background:{palette.BORDURE}"></div>'
        f'<div style="position:absolute;bottom:{n}%;left:0;width:100%;height:1px;background:{palette.BORDURE}"></div>'
        for n in (0, 25, 50, 75, 100)
    )
    cadre = _boite(
        f"position:relative;height:260px;margin:6px 12px;background:{palette.FOND}",
        _chaine(reperes),
        f"string_agg({point}, '')",
    )
    legende = _boite(
        f"font-size:12.5px;color:{palette.SECONDAIRE};white-space:normal;margin:0 12px",
        _chaine(f"De gauche à droite : {nom_x}, de 0 à 100 %. De bas en haut : {nom_y}, de 0 à 100 %."),
    )
    return _html(cadre, legende)


def dont(budget: str, temps: str, externe: str) -> str:
    """What a total is made of: money, agents' time and what others gain are never summed without saying so."""
    autrui = _html(_chaine(", "), euros(externe), _chaine(" pour les entreprises et usagers"))
    texte = _html(
        _chaine("dont "),
        euros(budget),
        _chaine(" d’argent, "),
        euros(temps),
        _chaine(" de temps d’agents"),
        f"case when coalesce({externe}, 0) = 0 then '' else {autrui} end",
    )
    return f"case when {budget} is null and {temps} is null then '' else {texte} end"


def rang(valeur: str) -> str:
    """A rank among territories."""
    ordinal = f"case when {valeur} = 1 then 'er' else 'e' end"
    return f"case when {valeur} is null then '◌' else concat({valeur}, {ordinal}) end"


def taux_et_barre(taux: str, processus: str) -> str:
    """A ratio and its bar on one line, in the colour of its process."""
    nombre = _boite("flex:none;width:44px;text-align:right;white-space:nowrap", part(taux), balise="span")
    piste = _piste(10, "flex:auto;min-width:60px", _barre(10, _couleur(processus), taux))
    return _ou_non_calcule(taux, _boite("display:flex;align-items:center;gap:8px", nombre, piste))


def infobulle(
    taux: str, numerateur: str, denominateur: str, objet: str, nb_processus: str, recus: str, attendus: str
) -> str:
    """What a map says of a territory, as plain text: rate, volumes of one process, returns."""
    ecrit = f"replace(replace({part(taux)}, '&gt;', '>'), '&lt;', '<')"
    volumes = _html("' ('", entier(numerateur), _chaine(" sur "), entier(denominateur), "' '", objet, "')'")
    detail = f"case when {nb_processus} > 1 then {_chaine(' en moyenne')} else {volumes} end"
    retours = _html(
        f"coalesce({recus}, 0)", f"case when {recus} > 1 then ' retours sur ' else ' retour sur ' end", attendus
    )
    valeur = f"case when {taux} is null then 'non calculé' else concat({ecrit}, {detail}) end"
    return _html(valeur, _chaine(" ; "), retours)


def taux_du_territoire(taux: str, ce_que_c_est: str) -> str:
    """The rate of the whole territory, and what it counts."""
    petit = _html(texte_sur(ce_que_c_est), _chaine(" : le taux de la Bretagne entière, sur douze mois"))
    return phrase(f"case when {taux} is null then {_chaine(NON_CALCULE)} else {part(taux)} end", petit)


def territoires_calcules(calcules: str, total: str) -> str:
    """For how many territories a rate could be computed; the others are grey on the map."""
    gris = _chaine("ont un taux ; les autres, en gris, ont trop peu de retours ou de volumes pour en calculer un")
    tous = _chaine("ont un taux")
    petit = f"case when {calcules} = {total} then {tous} else {gris} end"
    return phrase(_html(_sur(calcules, total), _chaine(" territoires")), petit)


def etendue(mini: str, maxi: str, bas: str, haut: str) -> str:
    """From the lowest rate to the highest, and where the middle half of the territories stands."""
    grand = _html(part(mini), _chaine(" à "), part(maxi))
    petit = _html(
        _chaine("du taux le plus bas au plus haut ; un territoire sur deux se tient entre "),
        part(bas),
        _chaine(" et "),
        part(haut),
    )
    return phrase(
        f"case when {mini} is null then {_chaine(NON_CALCULE)} else {grand} end",
        f"case when {mini} is null then {_chaine('aucun taux connu pour ce choix')} else {petit} end",
    )


def retours_attendus(recus: str, attendus: str, seuil: str) -> str:
    """The share of the returns of the month, and whether rates can be trusted."""
    taux = f"({recus} / nullif({attendus}, 0))"
    reserve = f"case when {taux} < {seuil} then {_chaine(' ; ⚠ à lire avec prudence')} else '' end"
    petit = _html(_sur(recus, attendus), _chaine(" collectivités ont répondu pour le dernier mois"), reserve)
    return phrase(
        f"case when {taux} is null then {_chaine(NON_CALCULE)} else {_html(part(taux), _chaine(' de retours'))} end",
        petit,
    )
