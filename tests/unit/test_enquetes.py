"""Surveys: what a campaign file says, what is taken from an export of LimeSurvey through it, what is told."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.ingest import landing
from orchestration.ingest.enquetes import SOURCE, Repondant, Reponse, formats_knowing
from orchestration.ingest.enquetes_campagne import Campagne, ServiceEnquete, Strate, vocabulary
from orchestration.ingest.outcome import Anomaly, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "enquetes"
TEMPLATES = Path(landing.__file__).parent / "modeles" / "enquetes"
SIREN, OTHER = "200067460", "200067932"
CAMPAIGNS = [path.read_bytes() for path in sorted(FIXTURES.glob("campagne_valide*.csv"))]


def _parse(raw: bytes, campaigns: list[bytes] = CAMPAIGNS) -> list[object]:
    format_ = next(f for f in formats_knowing(campaigns) if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _codes_of(raw: bytes) -> set[str]:
    try:
        return {o.code for o in _parse(raw) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}
    except StopIteration:
        return {"fichier_vide"}


def _of(outcomes: list[object], kind: type) -> list:
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


def _quote_never_closed() -> bytes:
    """The only defect too large to be a file of the project: a cell beyond the reader's bound."""
    return b'id,submitdate,x\n"' + b"a" * (2 << 20)


def _value(outcomes: list[object], ident: str, question: str) -> str | None:
    return next(r.valeur for r in _of(outcomes, Reponse) if (r.id_reponse, r.question) == (ident, question))


def test_each_anomaly_code_is_raised_by_a_fixture() -> None:
    raised = {code for path in FIXTURES.glob("*.csv") for code in _codes_of(path.read_bytes())}
    assert raised | _codes_of(_quote_never_closed()) == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_is_a_french_sentence(code: str) -> None:
    message = SOURCE.codes[code].format(valeur="12", champ="colonne 3")
    assert message.endswith((".", ").")) and "{" not in message


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*valide_*.csv")), ids=lambda path: path.stem)
def test_what_is_valid_raises_nothing(path: Path) -> None:
    assert _codes_of(path.read_bytes()) == set()


def test_a_campaign_says_who_was_asked_and_about_what() -> None:
    outcomes = _read("campagne_valide.csv")
    (campagne,) = _of(outcomes, Campagne)
    assert (campagne.campagne, campagne.public, campagne.types_collectivite) == ("ESSAI-2024", "decideurs", "epci")
    assert [s.service for s in _of(outcomes, ServiceEnquete)] == ["S01", "S02"]
    strates = _of(_read("campagne_valide_usagers.csv"), Strate)
    assert [(s.dimension, s.modalite, s.nb_population) for s in strates] == [
        ("milieu", "rural", "1000"),
        ("milieu", "urbain", "3000"),
    ]


def test_complete_partial_and_anonymised_answers_are_told_apart() -> None:
    coded = _of(_read("valide_codes.csv"), Repondant)
    assert [(r.id_reponse, r.etat, r.siren) for r in coded] == [
        ("1", "complete", SIREN),
        ("2", "complete", OTHER),
        ("3", "partielle", None),
    ]
    anonymised = _of(_read("valide_texte_complet.csv"), Repondant)[0]
    assert (anonymised.etat, anonymised.date_soumission) == ("complete", "1980-01-01 00:00:00")


def test_coded_and_full_text_headings_say_the_same() -> None:
    coded, full = _read("valide_codes.csv"), _read("valide_texte_complet.csv")
    for question in ("G02Q01[S01]", "G02Q01[S02]", "G02Q02[S01]", "G02Q03[S01]", "G03Q01[F2]", "G04Q01"):
        assert _value(coded, "1", question) == _value(full, "1", question), question
    assert _value(coded, "1", "G02Q01[S01]") == "deploye"
    assert _value(coded, "1", "G04Q01") == "4"


def test_not_shown_is_not_unanswered_and_an_unticked_box_is_a_no() -> None:
    outcomes = _read("valide_codes.csv")
    assert _value(outcomes, "1", "G02Q02[S02]") == "na"
    assert _value(outcomes, "1", "G03Q01[F2]") == "non"
    assert _value(outcomes, "3", "G03Q01[F2]") is None


def test_a_verbatim_counts_by_the_codes_that_a_person_gave_it() -> None:
    coded = [r for r in _of(_read("valide_codes.csv"), Reponse) if r.question == "codes_freins"]
    assert [(r.id_reponse, r.role, r.modalite, r.valeur) for r in coded] == [
        ("2", "frein", "usager", "oui"),
        ("2", "frein", "competences", "oui"),
    ]


def test_identical_headings_are_told_apart_by_their_order() -> None:
    campaign = (
        b"rubrique;code;libelle;role;service;modalite;valeur\n"
        b"campagne;code;;;;;C1\ncampagne;libelle;;;;;L\ncampagne;territoire;;;;;bretagne\n"
        b"campagne;date_debut;;;;;2024-01-01\ncampagne;date_fin;;;;;2024-02-01\ncampagne;public;;;;;elus\n"
        b"question;Q1;Satisfait ?;satisfaction;;globale;\nquestion;Q2;Satisfait  ?;satisfaction;;assistance;\n"
    )
    export = "ID de la réponse,Date de soumission,Satisfait ?,Satisfait ?\n1,2024-01-02,5,2\n".encode()
    reponses = _of(_parse(export, [campaign]), Reponse)
    assert [(r.question, r.modalite, r.valeur) for r in reponses] == [("Q1", "globale", "5"), ("Q2", "assistance", "2")]


def test_the_same_questionnaire_two_years_apart_goes_by_the_dates() -> None:
    raw = (FIXTURES / "valide_codes.csv").read_bytes().replace(b"2024-", b"2022-")
    assert {r.campagne for r in _of(_parse(raw), Repondant)} == {"ESSAI-2022"}


def test_nothing_personal_nor_free_leaves_the_parser() -> None:
    for path in FIXTURES.glob("*.csv"):
        raw = path.read_bytes()
        format_ = next((f for f in formats_knowing(CAMPAIGNS) if f.recognise(raw)), None)
        try:
            told = repr(list(format_.parse(io.BytesIO(raw)))) if format_ else ""
        except RejectedFile as refusal:
            told = repr(refusal)
        for secret in ("Invent", "invent", "exemple.invalid", "192.0.2", "jeton", "peut-être"):
            assert secret not in told.replace("peut_etre", ""), (path.name, secret)


def test_the_template_is_a_campaign_that_reads_without_a_remark() -> None:
    raw = (TEMPLATES / "campagne_modele.csv").read_bytes()
    assert _of(_parse(raw, []), Anomaly) == []


def test_the_lists_of_the_founding_survey_are_there() -> None:
    assert [len(vocabulary(name)) for name in ("frein", "aide", "partenaire", "satisfaction")] == [7, 6, 6, 5]


def test_answers_wait_for_their_campaign(tmp_path: Path) -> None:
    depot = tmp_path / "depot" / "enquetes"
    depot.mkdir(parents=True)
    answers = (FIXTURES / "valide_texte_complet.csv").read_bytes()
    (depot / "reponses.csv").write_bytes(answers)
    day = datetime(2024, 5, 1, 4, tzinfo=UTC)
    assert landing.ingest(tmp_path, SOURCE, (), day).statuts == {"rejete": 1}
    (depot / "zz_campagne.csv").write_bytes((FIXTURES / "campagne_valide.csv").read_bytes())
    assert landing.ingest(tmp_path, SOURCE, (), day.replace(day=2)).statuts == {"integre": 1}
    (depot / "encore.csv").write_bytes(answers)
    assert landing.ingest(tmp_path, SOURCE, (), day.replace(day=3)).statuts == {"integre": 1}
    assert landing.replay(tmp_path, SOURCE, (), day.replace(day=4)).statuts == {"doublon": 1, "integre": 2}


def test_answers_and_their_campaign_may_come_together_in_any_order(tmp_path: Path) -> None:
    depot = tmp_path / "depot" / "enquetes"
    depot.mkdir(parents=True)
    (depot / "a_reponses.csv").write_bytes((FIXTURES / "valide_texte_complet.csv").read_bytes())
    (depot / "z_campagne.csv").write_bytes((FIXTURES / "campagne_valide.csv").read_bytes())
    assert landing.ingest(tmp_path, SOURCE, (), datetime(2024, 5, 1, 4, tzinfo=UTC)).statuts == {"integre": 2}
