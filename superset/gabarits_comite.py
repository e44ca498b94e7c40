"""Templates of the committee's page: cells that hold a rate with its trend, a fact with its reserves, a change.

Same rules as gabarits.py, on which they stand: each function takes SQL expressions and returns one.
"""

import palette
from gabarits import (
    NON_CALCULE,
    _boite,
    _chaine,
    _couleur,
    _ecart_en_points,
    _html,
    _largeur,
    _ou_rond,
    _pastille,
    decimal,
    entier,
    euros,
    part,
    statut,
    texte_sur,
)

# Geometry of a trend: one step per month, the same month of last year included; 100 % stands below the upper edge.
MOIS, PAS, HAUT, BAS, COTE = 13, 20, 6, 58, 60
LARGEUR = PAS * (MOIS - 1)
DISCRET = f"font-size:12px;line-height:1.4;color:{palette.SECONDAIRE}"


def _hauteur(taux: str) -> str:
    """Return where a ratio stands in a trend."""
    return f"round({BAS} - {BAS - HAUT} * ({taux}), 1)"


def _points(terme: str) -> str:
    """Return the points of a trend, unknown months left out; the line starts and ends outside the picture."""
    points = []
    for recul in range(MOIS - 1, -1, -1):
        taux = terme.replace("{recul}", str(recul))
        # With ||, an unknown height leaves no point; concat() would write half of one.
        points.append(f"'{PAS * (MOIS - 1 - recul)},' || {_hauteur(taux)}")
    return f"concat_ws(' ', '-9,99', {', '.join(points)}, '{LARGEUR + 9},99')"


def _decoupes(x_debut: str, x_provisoire: str) -> str:
    """Return the two windows through which one line is seen: known months, then those that may still change."""
    cadre = f"y='-9' height='{COTE + 18}'"
    return _html(
        _chaine(f"<defs><clipPath id='d'><rect {cadre} x='"),
        f"({x_debut} + 1.5)",
        "''' width='''",
        f"greatest(0, {x_provisoire} - {x_debut} - 1.5)",
        _chaine(f"'/></clipPath><clipPath id='p'><rect {cadre} width='999' x='"),
        f"greatest({x_provisoire}, {x_debut})",
        _chaine("'/></clipPath>"),
    )


def _tirets_de_cible(cible: str) -> str:
    """Return the dashes of a target, or nothing without one."""
    trait = "fill='none' stroke-dasharray='5 4'"
    debut = _chaine(f"<path vector-effect='non-scaling-stroke' {trait} stroke='{palette.TEXTE}' d='M0 ")
    trace = _html(debut, _hauteur(cible), _chaine(f"H{LARGEUR}'/>"))
    return f"case when {cible} is null then '' else {trace} end"


def _trace(points: str, couleur: str, cible: str, debut: str, provisoires: str) -> str:
    """Return the picture of a trend: full line, then dashes on grey for the months that may still change."""
    x_debut = f"({LARGEUR} - {PAS} * coalesce({debut}, 0))"
    x_provisoire = f"({LARGEUR} - {PAS} * (coalesce({provisoires}, -1) + 1))"
    return _html(
        _chaine(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {LARGEUR} {COTE}' preserveAspectRatio='none'>"),
        _decoupes(x_debut, x_provisoire),
        _chaine("<polyline id='l' vector-effect='non-scaling-stroke' points='"),
        points,
        _chaine(f"'/></defs><rect y='0' height='{COTE}' width='999' fill='{palette.PISTE}' x='"),
        x_provisoire,
        "'''/>'",
        _tirets_de_cible(cible),
        _chaine("<use href='#l' clip-path='url(#d)' stroke-width='2.5' fill-opacity='.16' fill='"),
        couleur,
        "''' stroke='''",
        couleur,
        _chaine("'/><use href='#l' clip-path='url(#p)' stroke-width='2.5' stroke-dasharray='3 3' fill='none' stroke='"),
        couleur,
        "'''/></svg>'",
    )


def _courbe(taux: str, trace: str, couleur: str, est_provisoire: str) -> str:
    """Return the box of a trend, its last point marked: hollow when it may still change."""
    image = _html(
        _chaine(
            '<img alt="Évolution du taux sur treize mois" style="display:block;width:100%;height:60px" '
            'src="data:image/svg+xml;base64,'
        ),
        f"to_base64(encode({trace}))",
        "'\"/>'",
    )
    point = _html(
        _chaine(
            '<div style="position:absolute;left:100%;width:10px;height:10px;margin:-5px 0 0 -6px;border-radius:5px;'
            "box-sizing:border-box;border:2.5px solid "
        ),
        couleur,
        f"case when {est_provisoire} then ';background:#FFFFFF' else concat(';background:', {couleur}) end",
        "';top:'",
        f"round(100 * {_hauteur(taux)} / {COTE}, 1)",
        "chr(37)",
        "'\"></div>'",
    )
    marque = f"case when {taux} is null then '' else {point} end"
    return _boite("position:relative;margin:6px 6px 0 0", image, marque)


def _evolution(taux: str, avant: str, depuis: str) -> str:
    """Return one line that says by how much a rate moved."""
    ecart = f"({taux} - {avant})"
    dit = _html(_ecart_en_points(ecart), _chaine(f" en {depuis}"))
    return _boite(
        "white-space:nowrap",
        f"case when {ecart} is null then {_chaine(f'◌ {depuis} : peu d’objets')} else {dit} end",
    )


def _entete(nom: str, etat: str) -> str:
    """Return the first line of a card: the process, and where it stands before its target."""
    return _boite(
        "display:flex;justify-content:space-between;align-items:center",
        _boite(f"font-size:15px;font-weight:600;color:{palette.TEXTE}", texte_sur(nom), balise="span"),
        _boite("font-size:12px", etat, balise="span"),
    )


def _chiffre(taux: str, mois_avant: str, an_avant: str) -> str:
    """Return the rate that is read first, and by how much it moved."""
    grand = _boite(
        f"font-size:34px;font-weight:700;line-height:1.15;color:{palette.TEXTE};white-space:nowrap",
        f"case when {taux} is null then {_chaine('◌')} else {part(taux)} end",
        balise="span",
    )
    evolutions = _boite(
        f"font-size:12.5px;line-height:1.35;color:{palette.TEXTE}",
        _evolution(taux, mois_avant, "un mois"),
        _evolution(taux, an_avant, "un an"),
    )
    return _boite("display:flex;gap:12px;align-items:center;margin-top:2px", grand, evolutions)


def _objet(phrase: str, numerateur: str, denominateur: str) -> str:
    """Return what the rate counts, and its two terms."""
    compte = _html("' ('", entier(numerateur), _chaine(" sur "), entier(denominateur), "')'")
    objet = _html(texte_sur(phrase), f"case when {denominateur} is null then '' else {compte} end")
    return _boite(f"{DISCRET};min-height:34px", objet)


def _pied(cible: str, premier_mois: str, dernier_mois: str, est_provisoire: str, couverture: str, seuil: str) -> str:
    """Return the ends of the trend, the name of its dashes, and what the rate rests on."""
    bornes = _boite(
        f"display:flex;justify-content:space-between;{DISCRET};margin-top:2px",
        _boite("", premier_mois, balise="span"),
        _boite("", _chaine("- - cible "), f"case when {cible} is null then '—' else {part(cible)} end", balise="span"),
        _boite("", dernier_mois, balise="span"),
    )
    recus = _html(
        _chaine("retours reçus : "),
        f"case when {couverture} is null then '◌' else {part(couverture)} end",
        f"case when {couverture} < {seuil} then ' ⚠' else '' end",
    )
    etat = f"case when {est_provisoire} then {_chaine('provisoire · ')} else '' end"
    return _html(bornes, _boite(f"{DISCRET};margin-top:4px;color:{palette.TEXTE}", etat, recus))


def carte_processus(**c: str) -> str:
    """The card of a process: rate, target, trend over thirteen months, and what share of the returns it rests on.

    `terme` is the rate of the month that `{recul}` months separate from the chosen one; `debut` and `provisoires` are
    the number of months back to the first known one and to the first that may still change.
    """
    couleur = _couleur(c["processus"])
    trace = _trace(_points(c["terme"]), couleur, c["cible"], c["debut"], c["provisoires"])
    haut = _chaine('<div style="white-space:normal;padding:8px 4px 0 4px;border-top:4px solid ')
    return _html(
        _html(haut, couleur, "'\">'"),
        _entete(c["nom"], statut(*(c[k] for k in ("taux", "cible", "ecart", "denominateur", "assez")))),
        _chiffre(c["taux"], c["mois_avant"], c["an_avant"]),
        _objet(c["phrase"], c["numerateur"], c["denominateur"]),
        _courbe(c["taux"], trace, couleur, c["est_provisoire"]),
        _pied(
            *(c[k] for k in ("cible", "premier_mois", "dernier_mois", "est_provisoire", "couverture", "seuil")),
        ),
        "'</div>'",
    )


def carte_fait(titre: str, grand: str, petit: str, reserve: str) -> str:
    """A question, the figure that answers it, what it counts, and its period and status."""
    return _boite(
        "white-space:normal;padding:0 2px",
        _boite(f"font-size:13.5px;font-weight:600;color:{palette.TEXTE}", texte_sur(titre)),
        _boite(f"font-size:26px;font-weight:700;line-height:1.3;color:{palette.TEXTE}", grand),
        _boite("font-size:13px;line-height:1.4;color:#3A4754", petit),
        _boite(f"{DISCRET};margin-top:3px", reserve),
    )


def carte_economie(titre: str, montant: str, petit: str, p10: str, p90: str, reserve: str) -> str:
    """A fact that is an estimate: its interval is drawn, from zero, below the figure."""
    barre = barre_d_economie(_chaine("constate"), montant, p10, p90, f"(1.2 * {p90})")
    return carte_fait(
        titre,
        f"case when {montant} is null then {_chaine(NON_CALCULE)} else concat('≈ ', {euros(montant)}) end",
        _html(petit, _boite("margin-top:4px", barre)),
        reserve,
    )


def sujet(objet: str, precision: str, est_nouveau: str) -> str:
    """What a row is about, and below, what is said of it."""
    nouveau = _html("' '", _pastille("★ Nouveau", palette.EN_COURS))
    return _boite(
        "white-space:normal",
        _boite(
            f"font-weight:600;color:{palette.TEXTE}",
            texte_sur(objet),
            f"case when {est_nouveau} then {nouveau} else '' end",
        ),
        _boite(DISCRET, texte_sur(precision)),
    )


def quand(periode: str, est_provisoire: str, repondantes: str, attendues: str) -> str:
    """The period of a row, whether it may change, and how many collectivités it rests on."""
    sur = _html(entier(repondantes), _chaine(" sur "), entier(attendues), _chaine(" attendues"))
    return _boite(
        f"white-space:normal;{DISCRET}",
        _boite("", texte_sur(periode), f"case when {est_provisoire} then ', provisoire' else '' end"),
        f"case when {repondantes} is null then '' else {_boite('', sur)} end",
    )


def mesure(valeur: str, unite: str) -> str:
    """A value in its unit, with one decimal for a ratio, in a narrow cell."""
    en_part = _html(decimal(f"100 * {valeur}"), "chr(160)", "chr(37)")
    ecrit = f"case when {unite} = 'ratio' then {en_part} else {entier(valeur)} end"
    return _ou_rond(valeur, _boite("white-space:nowrap", ecrit, balise="span"))


def changement(ecart: str, unite: str, sens: str) -> str:
    """A change: shape for its direction, word and colour for what it means."""
    compte = _html(
        f"case when {ecart} > 0 then '▲ +' when {ecart} < 0 then '▼ −' else '= ' end", entier(f"abs({ecart})")
    )
    ecrit = f"case when {unite} = 'ratio' then {_ecart_en_points(ecart)} else {compte} end"
    nul = f"round(1000 * ({ecart})) = 0"
    mieux = f"({ecart} > 0) = ({sens} = 'hausse')"

    def dit(mot: str, couleur: str) -> str:
        return _boite(
            f"white-space:nowrap;font-weight:600;color:{couleur}",
            ecrit,
            _boite(f"font-weight:400;{DISCRET}", _chaine(mot)),
        )

    return (
        f"case when {ecart} is null then {_boite(DISCRET, _chaine('◌ trop peu d’objets'))} "
        f"when {nul} then {dit('stable', palette.SECONDAIRE)} "
        f"when {sens} = 'neutre' then {dit('', palette.TEXTE)} "
        f"when {mieux} then {dit('mieux', palette.ATTEINT[0])} else {dit('moins bien', palette.A_RENFORCER[0])} end"
    )


def barre_d_economie(mesure: str, montant: str, bas: str, haut: str, maximum: str) -> str:
    """An amount from zero: full when its volumes are measured, hatched when estimated; a line spans its interval."""

    def place(valeur: str) -> str:
        return f"(cast({valeur} as double) / nullif({maximum}, 0))"

    estimees = {code: _hachure(palette.MESURES[code]) for code in ("projection_taux_constant", "potentiel")}
    cas = " ".join(f"when '{code}' then {_chaine(fond)}" for code, fond in estimees.items())
    barre = _html(
        _chaine('<div style="position:absolute;left:0;top:3px;height:18px;border-radius:3px;'),
        f"case {mesure} {cas} else {_chaine('background:' + palette.MESURES['constate'])} end",
        "';width:'",
        _largeur(place(montant)),
        "'\"></div>'",
    )
    trait = _moustache(_largeur(place(bas)), _largeur(f"{place(haut)} - {place(bas)}"))
    intervalle = f"case when {bas} is null or {haut} is null then '' else {trait} end"
    piste = f"position:relative;height:24px;min-width:190px;background:{palette.PISTE};border-radius:3px"
    return _boite(piste, barre, intervalle)


def _moustache(gauche: str, largeur: str) -> str:
    """Return a line between two ends."""
    bords = f"border-left:2px solid {palette.TEXTE};border-right:2px solid {palette.TEXTE}"
    return _html(
        _chaine(f'<div style="position:absolute;top:5px;height:14px;box-sizing:border-box;{bords};left:'),
        gauche,
        "';width:'",
        largeur,
        _chaine(f'"><div style="height:2px;margin-top:6px;background:{palette.TEXTE}"></div></div>'),
    )


def _hachure(couleur: str) -> str:
    """Return the style of an estimated bar."""
    raies = f"repeating-linear-gradient(135deg,{couleur} 0 5px,#FFFFFF 5px 8px)"
    return f"background:{raies};box-sizing:border-box;border:1.5px solid {couleur}"
