"""Action plans of the projets numériques de territoire: what a file may look like, what lands of it, what is told."""

import io
from pathlib import Path

import pytest

from orchestration.ingest import programmes
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile
from orchestration.ingest.programmes import CHAMPS_ACTION, COLUMNS, SOURCE, Ligne

FIXTURES = Path(__file__).parents[1] / "fixtures" / "programmes"
MODELE = Path(programmes.__file__).parent / "modeles" / "programmes"
SIREN = "243500634"


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _records(outcomes: list[object]) -> list[Ligne]:
    return [o for o in outcomes if isinstance(o, Ligne)]


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str, str | None]]:
    return [
        (o.gravite, o.code.removeprefix("programmes_"), o.ligne, o.champ, o.valeur)
        for o in outcomes
        if isinstance(o, Anomaly)
    ]


def _codes_of(raw: bytes) -> set[str]:
    try:
        return {o.code for o in _parse(raw) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}


def _quote_never_closed() -> bytes:
    """The only defect too large to be a file of the project: a cell beyond the reader's bound."""
    return ";".join(COLUMNS).encode() + b'\n"' + b"a" * (2 << 20)


def test_each_anomaly_code_is_raised_by_a_fixture() -> None:
    raised = {code for path in FIXTURES.glob("*.csv") for code in _codes_of(path.read_bytes())}
    assert raised | _codes_of(_quote_never_closed()) == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_is_a_french_sentence(code: str) -> None:
    message = SOURCE.codes[code].format(valeur="12", champ="annee")
    assert message.endswith((".", ")."))
    assert "{" not in message


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("valide_*")), ids=lambda path: path.stem)
def test_a_valid_plan_raises_nothing_and_reads_the_same(path: Path) -> None:
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert outcomes[-1] == Emitter(SIREN)
    usual = [(r.rubrique, r.code, r.etat, r.date_fin) for r in _records(_read("valide_cp1252.csv"))]
    assert [(r.rubrique, r.code, r.etat, r.date_fin) for r in _records(outcomes)] == usual


def test_an_action_lands_with_its_dates_in_iso_form_its_scores_and_its_ten_fields() -> None:
    action = next(r for r in _records(_read("valide_cp1252.csv")) if r.rubrique == "action")
    assert (action.siren, action.projet, action.date_situation) == (SIREN, "PNT-1", "2024-12-31")
    assert (action.code, action.rattachement, action.etat) == ("A1", "AX1", "achevee")
    assert (action.date_validation, action.date_fin) == ("2024-06-01", "2024-12-01")
    assert (action.attente, action.cout, action.faisabilite) == ("5", "2", "4")
    assert len(CHAMPS_ACTION) == 10
    assert {getattr(action, name) for name in CHAMPS_ACTION} == {"oui"}


def test_codes_and_states_are_understood_with_accents_and_capitals() -> None:
    records = _records(_read("valide_cp1252.csv"))
    assert [(r.code, r.etat) for r in records if r.rubrique == "etape"] == [
        ("lancement", "close"),
        ("diagnostic", "close"),
        ("programme_actions", "en_cours"),
    ]
    assert next(r.thematique for r in records if r.rubrique == "axe") == "education"


@pytest.mark.parametrize(
    ("name", "champ"), [("sans_colonne_rubrique.csv", "rubrique"), ("colonne_en_double.csv", "etat")]
)
def test_a_header_that_leaves_a_doubt_refuses_the_file(name: str, champ: str) -> None:
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.champ == champ


@pytest.mark.parametrize(
    ("name", "anomaly"),
    [
        ("point_virgule_dans_un_texte.csv", ("ligne_mal_decoupee", 3, "", "33")),
        ("siren_factice.csv", ("siren_invalide", 3, "siren", "123456789")),
        ("siren_en_toutes_lettres.csv", ("siren_invalide", 3, "siren", "texte masqué")),
        ("projet_sans_numero.csv", ("projet_invalide", 3, "projet", "texte masqué")),
        ("date_situation_illisible.csv", ("date_situation_illisible", 3, "date_situation", "fin 2024")),
        ("rubrique_inconnue.csv", ("rubrique_inconnue", 3, "rubrique", "texte masqué")),
        ("annee_invalide.csv", ("annee_invalide", 3, "annee", "24")),
    ],
)
def test_a_line_that_can_be_tied_to_nothing_is_rejected(name: str, anomaly: tuple[str, int, str, str]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("rejet", *anomaly)]
    assert [r.ligne for r in _records(outcomes)] == [2]


def test_a_code_that_the_rubrique_does_not_know_is_rejected_without_its_words() -> None:
    told = [("rejet", "code_inconnu", line, "code", "texte masqué") for line in (3, 4)]
    assert _anomalies(_read("code_inconnu.csv")) == told


def test_the_first_of_two_same_lines_counts() -> None:
    outcomes = _read("ligne_en_double.csv")
    assert _anomalies(outcomes) == [("rejet", "ligne_en_double", 4, "code", "AX1")]
    assert [r.ligne for r in _records(outcomes)] == [2, 3]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("colonne_absente.csv", [("colonne_absente", 0, "sens", None)]),
        ("colonne_inconnue.csv", [("colonne_inconnue", 0, "courriel", None)]),
        (
            "valeur_hors_liste.csv",
            [("valeur_inconnue", 3, "etat", "texte masqué"), ("valeur_inconnue", 4, "thematique", "texte masqué")],
        ),
        ("champ_redige.csv", [("champ_redige", 4, "equipe", "texte masqué")]),
        (
            "note_hors_bornes.csv",
            [("note_hors_bornes", 4, "attente", "6"), ("note_hors_bornes", 4, "cout", "texte masqué")],
        ),
        ("date_illisible.csv", [("date_illisible", 3, "date_fin_prevue", "printemps 2024")]),
        ("date_hors_bornes.csv", [("date_hors_bornes", 3, "date_fin_prevue", "01/01/1924")]),
        ("date_a_venir.csv", [("date_a_venir", 3, "date_fin", "2025-02-01")]),
        ("fin_avant_debut.csv", [("fin_avant_debut", 3, "date_fin", "2020-07-10")]),
        ("nombre_illisible.csv", [("nombre_illisible", 3, "prevu", "texte masqué")]),
        ("nombre_negatif.csv", [("nombre_negatif", 3, "realise", "-3")]),
        ("nombre_invraisemblable.csv", [("nombre_invraisemblable", 3, "prevu", "999999999999")]),
        (
            "action_sans_axe.csv",
            [
                ("rattachement_inconnu", 3, "rattachement", None),
                ("rattachement_inconnu", 4, "rattachement", "A9"),
            ],
        ),
        ("sans_ligne_projet.csv", [("sans_ligne_projet", 2, "rubrique", None)]),
        ("etape_sautee.csv", [("etape_sautee", 4, "etat", None)]),
        ("etape_close_sans_date.csv", [("etape_close_sans_date", 3, "date_fin", None)]),
    ],
)
def test_an_odd_value_is_told_and_its_line_lands(name: str, odd: list[tuple[str, int, str, str | None]]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("avertissement", *anomaly) for anomaly in odd]
    assert len(_records(outcomes)) == (FIXTURES / name).read_bytes().count(b"\n") - 1


def test_nothing_written_in_words_leaves_the_parser() -> None:
    for path in FIXTURES.glob("*.csv"):
        try:
            told = repr(_parse(path.read_bytes()))
        except RejectedFile as refusal:
            told = repr(refusal)
        assert "nvent" not in told, path.name
        assert "exemple.invalid" not in told, path.name


def test_what_follows_the_day_of_the_photograph_does_not_land() -> None:
    assert [r.date_fin for r in _records(_read("date_a_venir.csv")) if r.rubrique == "etape"] == [None]


def test_the_template_is_read_without_an_anomaly_and_holds_every_rubrique() -> None:
    outcomes = _parse((MODELE / "programme_modele.csv").read_bytes())
    assert _anomalies(outcomes) == []
    assert {r.rubrique for r in _records(outcomes)} == set(programmes.RUBRIQUES)
    dictionary = (MODELE / "dictionnaire.md").read_text("utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in dictionary] == []
    assert [name for codes in programmes.CODES.values() for name in codes if f"`{name}`" not in dictionary] == []


def test_an_empty_plan_has_no_record() -> None:
    assert _read("en_tete_seul.csv") == []


def test_reading_a_plan_is_deterministic() -> None:
    assert _read("valide_cp1252.csv") == _read("valide_cp1252.csv")
