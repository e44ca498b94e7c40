"""The colours of the dashboards, written once: themes, templates of cells and chart series all read them here."""

PROCESSUS = {"marches": "#0B5FA5", "actes": "#C8500A", "helios": "#00806A", "archivage": "#5B2472"}
ENSEMBLE = "#1F3A5F"
# Bars that show no process: what is, and what was at a past date.
NEUTRES = {"ensemble": ENSEMBLE, "passe": "#5B86B8"}
# The other stripe of a bar that shows an estimate.
ESTIME = "#FFFFFF"

# The eight services of the platform: the four that are processes keep their colour.
SERVICES = PROCESSUS | {
    "echanges": "#685B27",
    "parapheur": "#1B9FC4",
    "factures": "#8A1538",
    "publication": "#84909C",
}

# Status of a file, from accepted to refused: the shade repeats what the name says.
FICHIERS = {
    "Intégré": "#2D6AA6",
    "Intégré avec rejets": "#B9CDE3",
    "Refusé": "#C0392B",
    "Doublon": "#8C97A3",
}

TEXTE = "#1B2733"
CORPS = "#3A4754"
SECONDAIRE = "#4A5866"
FILET = "#E6EAEE"
PISTE = "#E9EDF1"
BORDURE = "#E1E5EA"
FOND = "#F5F6F8"

ATTEINT = ("#1A6B3C", "#E3F2E8")
EN_BONNE_VOIE = ("#7A5200", "#FFF1CC")
EN_COURS = ("#0B5FA5", "#E3EDF6")
A_RENFORCER = ("#A3271F", "#FCE5E3")
NON_CALCULE = ("#4A5866", "#EEF1F4")
DEMONSTRATION = ("#4A3500", "#FFF1CC", "#B26B00")

COUVERTURE = ["#F0A48E", "#F7DDD2", "#E3EDF6", "#BFD6EA"]
BLEUS = ["#E8EEF5", "#BFD3E6", "#8FB4D6", "#4F8BBF", "#1B5E97", "#0A3A66"]
# Maps: five classes of one hue, from the lowest rate to the highest, and what has no rate.
CARTE = ["#DEE7F1", "#B0C9E2", "#72A0CC", "#2D6AA6", "#0A3A66"]
CARTE_SANS_VALEUR = "#DCDCDC"
REFUS = ["#EEF3F8", "#F7DDD2", "#F0A48E", "#E5846C"]
# The default order of the series' colours: the four processes, then the shades.
SERIES = [*PROCESSUS.values(), *BLEUS[::-1]]

# Savings: dark is proven, pale is possible; money is darker than time, and time than what others gain.
MESURES = {
    "constate": "#1F3A5F",
    "projection_taux_constant": "#5B86B8",
    "potentiel": "#B9CDE3",
    "restant": "#8C97A3",
    "acquisition_mutualisee": "#7A5200",
}
# Money spent less, on volumes that were counted; every other measure is an estimate, and its bar is striped.
MESURES_FAITES = ("constate",)
NATURES = {"budget": "#1F3A5F", "temps": "#8FB4D6", "externe": "#C9CFD6"}
