"""Marchés: every shape a DECP file comes in, what is taken from it, and what is told of it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.ingest import marches
from orchestration.ingest.decp import (
    NATURES_CONCESSION,
    NATURES_MARCHE,
    PROCEDURES_CONCESSION,
    PROCEDURES_MARCHE,
)
from orchestration.ingest.marches import SOURCE, Marche, Modification
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile
from orchestration.ingest.readers import nomenclature

FIXTURES = Path(__file__).parents[1] / "fixtures" / "marches"
SIREN, SIRET = "213599996", "21359999600013"
FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix in (".json", ".xml"))


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _marches(outcomes: list[object]) -> list[Marche]:
    return [o for o in outcomes if isinstance(o, Marche)]


def _modifications(outcomes: list[object]) -> list[Modification]:
    return [o for o in outcomes if isinstance(o, Modification)]


def _anomalies(outcomes: list[object]) -> list[tuple[str, str, int, str, str | None]]:
    return [
        (o.gravite, o.code.removeprefix("marches_"), o.ligne, o.champ, o.valeur)
        for o in outcomes
        if isinstance(o, Anomaly)
    ]


def _codes_of(path: Path) -> set[str]:
    try:
        return {o.code for o in _parse(path.read_bytes()) if isinstance(o, Anomaly)}
    except RejectedFile as refusal:
        return {refusal.code}


def _valid() -> dict[str, Any]:
    return json.loads((FIXTURES / "valide_v2.json").read_text("utf-8"))


def test_each_anomaly_code_is_raised_by_a_fixture() -> None:
    assert set().union(*(_codes_of(path) for path in FILES)) == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_is_a_french_sentence(code: str) -> None:
    message = SOURCE.codes[code].format(valeur="12", champ="montant")
    assert message.endswith(".")
    assert "{" not in message


@pytest.mark.parametrize("path", [p for p in FILES if p.name.startswith("valide_")], ids=lambda path: path.name)
def test_a_valid_file_raises_nothing(path: Path) -> None:
    outcomes = _parse(path.read_bytes())
    assert _anomalies(outcomes) == []
    assert outcomes[-1] == Emitter(SIREN)


def test_a_marche_lands_as_text_and_holders_only_as_a_count() -> None:
    assert _marches(_read("valide_v2.json"))[0] == Marche(
        ligne=1,
        type_contrat="marche",
        version_decp="v2",
        siret_acheteur=SIRET,
        marche_id="2024-M01",
        marche_id_brut="2024-M01",
        nom_acheteur=None,
        accord_cadre_id=None,
        nature="Marché",
        procedure="Procédure adaptée",
        code_cpv="45000000-7",
        techniques="Sans objet",
        modalites_execution="Sans objet",
        ccag="Travaux",
        formes_prix="Forfaitaire",
        considerations_sociales="Pas de considération sociale",
        considerations_environnementales="Clause environnementale",
        code_lieu="35999",
        type_code_lieu="Code commune",
        date_notification="2024-03-01",
        date_publication="2024-04-15",
        date_debut_execution=None,
        montant="50000.5",
        montant_subvention=None,
        duree_mois="12",
        offres_recues="3",
        nb_titulaires="1",
        nb_actes_sous_traitance="0",
        marche_innovant="false",
        attribution_avance="true",
        sous_traitance_declaree="false",
    )


def test_json_and_xml_of_one_vintage_land_the_same_but_for_the_words_of_booleans() -> None:
    def without_booleans(outcomes: list[object]) -> list[tuple[str | None, ...]]:
        rows = _marches(outcomes) + _modifications(outcomes)
        names = [{n: getattr(r, n) for n in r.__slots__} for r in rows]
        return [{n: v for n, v in row.items() if v not in ("true", "false", "oui", "non")} for row in names]

    assert without_booleans(_read("valide_v2.json")) == without_booleans(_read("valide_v2.xml"))


def test_a_concession_lands_beside_marches_with_its_own_fields() -> None:
    concession = _marches(_read("valide_v2.json"))[2]
    assert (concession.type_contrat, concession.marche_id, concession.ligne) == ("concession", "2024-C01", 3)
    assert (concession.date_notification, concession.montant) == ("2024-01-10", "900000")
    assert (concession.date_debut_execution, concession.montant_subvention) == ("2024-02-15", "0")


def test_a_modification_holds_only_what_it_carries() -> None:
    of_marche, of_concession = _modifications(_read("valide_v2.json"))
    assert (of_marche.marche_id, of_marche.modification_id, of_marche.rang) == ("2024-M02", "1", "1")
    assert (of_marche.montant, of_marche.duree_mois, of_marche.nb_titulaires) == ("61000", None, None)
    assert (of_concession.date_notification, of_concession.montant) == ("2024-06-01", "950000")


def test_v1_json_holds_both_types_in_one_list() -> None:
    outcomes = _read("valide_v1.json")
    assert [(m.version_decp, m.type_contrat, m.nb_titulaires) for m in _marches(outcomes)] == [
        ("v1", "marche", "2"),
        ("v1", "concession", "1"),
    ]
    assert [(m.modification_id, m.duree_mois) for m in _modifications(outcomes)] == [(None, "30")]


def test_a_contract_may_be_the_root_of_an_xml_file() -> None:
    outcomes = _read("valide_v1_racine_seule.xml")
    assert [(m.ligne, m.version_decp, m.nature) for m in _marches(outcomes)] == [(1, "v1", "Marché subséquent")]
    assert len(_modifications(outcomes)) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("json_tronque.json", "marches_json_illisible"),
        ("xml_tronque.xml", "marches_xml_illisible"),
        ("xml_doctype.xml", "marches_xml_illisible"),
        ("racine_sans_liste.json", "marches_racine_inattendue"),
    ],
)
def test_file_is_refused_whole(name: str, code: str) -> None:
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert refusal.value.code == code


def test_a_json_file_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marches, "MAX_JSON_BYTES", 100)
    with pytest.raises(RejectedFile) as refusal:
        _read("valide_v2.json")
    assert refusal.value.code == "marches_json_illisible"


def test_json_nested_beyond_reason_is_refused() -> None:
    with pytest.raises(RejectedFile) as refusal:
        _parse(b'{"marches": ' + b"[" * 100_000)
    assert refusal.value.code == "marches_json_illisible"


@pytest.mark.parametrize(
    ("name", "code", "champ", "valeur"),
    [
        ("contrat_sans_champs.json", "contrat_illisible", "", None),
        ("sans_acheteur.json", "sans_acheteur", "acheteur.id", None),
        ("acheteur_factice.json", "acheteur_inconnu", "acheteur.id", "12345678912345"),
        ("acheteur_13_chiffres.json", "acheteur_inconnu", "acheteur.id", SIRET[:13]),
        ("sans_identifiant.json", "sans_identifiant", "id", None),
        ("sans_procedure.json", "sans_procedure", "procedure", None),
        ("sans_date.json", "sans_date", "dateNotification", None),
    ],
)
def test_contract_without_identity_is_rejected_and_the_others_land(
    name: str, code: str, champ: str, valeur: str | None
) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("rejet", code, 2, champ, valeur)]
    assert [m.ligne for m in _marches(outcomes)] == [1]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("siret_douteux.json", [("siret_douteux", 1, "acheteur.id", "21359999600099")]),
        ("identifiant_trop_long.json", [("identifiant_trop_long", 1, "id", "2024_M_01_0000000000")]),
        (
            "champs_absents.json",
            [
                ("champ_absent", 1, "montant", None),
                ("champ_absent", 1, "ccag", None),
                ("champ_absent", 1, "lieuExecution.typeCode", None),
            ],
        ),
        (
            "liste_vide.json",
            [("liste_vide", 1, "titulaires", None), ("liste_vide", 1, "considerationsSociales", None)],
        ),
        ("modifications_nulles.json", [("liste_vide", 1, "modifications", None)]),
        ("absence_ecrite.json", [("absence_ecrite", 1, "montant", None), ("absence_ecrite", 1, "ccag", None)]),
        (
            "types_inattendus.json",
            [
                ("type_inattendu", 1, "acheteur.id", None),
                ("type_inattendu", 1, "codeCPV", None),
                ("type_inattendu", 1, "lieuExecution", None),
                ("type_inattendu", 1, "montant", None),
                ("type_inattendu", 1, "marcheInnovant", None),
            ],
        ),
        (
            "quatre_imbrications.json",
            [
                ("imbrication_inattendue", 1, "titulaires", None),
                ("imbrication_inattendue", 2, "titulaires", None),
                ("imbrication_inattendue", 3, "titulaires", None),
                ("imbrication_inattendue", 5, "techniques", None),
            ],
        ),
        (
            "hors_nomenclature.json",
            [("hors_nomenclature", 1, "nature", None), ("hors_nomenclature", 1, "techniques", None)],
        ),
        (
            "variantes_de_nomenclature.json",
            [
                ("variante_nomenclature", 1, "nature", None),
                ("variante_nomenclature", 1, "procedure", None),
                ("variante_nomenclature", 1, "lieuExecution.typeCode", None),
            ],
        ),
        (
            "dates_illisibles.json",
            [
                ("date_illisible", 1, "dateNotification", "2024-02-31"),
                ("date_illisible", 2, "dateNotification", "texte masqué"),
            ],
        ),
        (
            "dates_hors_bornes.json",
            [
                ("date_hors_bornes", 1, "dateNotification", "0002-11-30"),
                ("date_hors_bornes", 2, "datePublicationDonnees", "5021-02-18"),
            ],
        ),
        ("dates_non_completees.json", []),
        (
            "montant_illisible.json",
            [("type_inattendu", 1, "montant", None), ("montant_illisible", 1, "montant", "texte masqué")],
        ),
        ("montant_negatif.json", [("montant_negatif", 1, "montant", "-10")]),
        ("montant_invraisemblable.json", [("montant_invraisemblable", 1, "montant", "12311111111100")]),
        ("duree_decimale.json", [("duree_invalide", 1, "dureeMois", "12.5")]),
        (
            "offres_nulles.json",
            [("nombre_invalide", 1, "offresRecues", "0"), ("nombre_invalide", 1, "tauxAvance", "30")],
        ),
        (
            "booleen_invalide.json",
            [
                ("type_inattendu", 1, "attributionAvance", None),
                ("booleen_invalide", 1, "attributionAvance", "texte masqué"),
            ],
        ),
        ("cpv_invalide.json", [("cpv_invalide", 1, "codeCPV", "4500")]),
        ("titulaire_incomplet.json", [("titulaire_incomplet", 1, "titulaires.1", None)]),
        (
            "publication_avant_notification.json",
            [("publication_avant_notification", 1, "datePublicationDonnees", "2024-02-01")],
        ),
        (
            "modification_sans_date.json",
            [("modification_sans_date", 1, "modifications.1.dateNotificationModification", None)],
        ),
        (
            "modification_avant_notification.json",
            [
                (
                    "modification_avant_notification",
                    1,
                    "modifications.1.dateNotificationModification",
                    "2023-09-01",
                )
            ],
        ),
        ("champ_inconnu.json", [("champ_inconnu", 1, "courrielDuReferent", None)]),
        ("cle_en_double.json", [("cle_en_double", 2, "id", "2024-M01")]),
        ("cle_a_nettoyer.json", []),
        ("sous_traitance.json", []),
    ],
)
def test_what_strays_from_the_schema_is_told_and_lands(name: str, odd: list[tuple[str, int, str, str | None]]) -> None:
    outcomes = _read(name)
    assert _anomalies(outcomes) == [("avertissement", *anomaly) for anomaly in odd]
    nb_contracts = (FIXTURES / name).read_text("utf-8").count('"nature"')
    assert len(_marches(outcomes)) == nb_contracts


def test_an_exact_duplicate_is_told_and_lands_once() -> None:
    outcomes = _read("doublon_exact.json")
    assert _anomalies(outcomes) == [("avertissement", "doublon_exact", 2, "id", "2024-M01")]
    assert [m.ligne for m in _marches(outcomes)] == [1]


def test_the_four_nestings_of_holders_count_the_same() -> None:
    assert {m.nb_titulaires for m in _marches(_read("quatre_imbrications.json"))} == {"1"}


def test_the_key_is_rid_of_separators_and_kept_raw_beside() -> None:
    marche = _marches(_read("cle_a_nettoyer.json"))[0]
    assert (marche.marche_id, marche.marche_id_brut) == ("2024_M_01_a_b", "2024 M/01.a,b")


def test_odd_values_land_as_they_were_written() -> None:
    assert _marches(_read("montant_invraisemblable.json"))[0].montant == "12311111111100"
    assert _marches(_read("types_inattendus.json"))[0].montant == "50000,50"
    assert _marches(_read("duree_decimale.json"))[0].duree_mois == "12.5"
    assert _marches(_read("dates_non_completees.json"))[0].date_notification == "2024-3-1"


def test_a_number_keeps_its_last_zeros() -> None:
    raw = (FIXTURES / "valide_v2.json").read_bytes().replace(b"50000.5", b"12.50")
    assert _marches(_parse(raw))[0].montant == "12.50"


def test_objects_holders_and_unknown_fields_never_leave_the_parser() -> None:
    secrets = ("inventé", "courriel", "exemple.invalid", "00000000000000")
    for path in FILES:
        if _codes_of(path) & {"marches_json_illisible", "marches_xml_illisible", "marches_racine_inattendue"}:
            continue
        landed = repr([o for o in _parse(path.read_bytes()) if not isinstance(o, Anomaly)])
        assert [secret for secret in secrets if secret in landed.replace("Commune inventée", "")] == []


def test_a_lone_surrogate_in_json_does_not_stop_the_night() -> None:
    raw = (FIXTURES / "valide_v2.json").read_text("utf-8").replace("2024-M01", "M\\ud800").encode()
    assert _marches(_parse(raw))[0].marche_id == "M?"


def test_official_labels_are_the_codes_of_the_seeds() -> None:
    natures = {n for values in NATURES_MARCHE.values() for n in values} | set(NATURES_CONCESSION)
    procedures = set(PROCEDURES_MARCHE) | set(PROCEDURES_CONCESSION)
    assert natures == nomenclature("ref_natures_marche", "code")
    assert procedures == nomenclature("ref_procedures_marche", "code")


def test_several_buyers_make_no_emitter() -> None:
    document = _valid()
    document["marches"]["marche"][1]["acheteur"]["id"] = "21350238800019"
    outcomes = _parse(json.dumps(document).encode())
    assert [o for o in outcomes if isinstance(o, Emitter)] == []


# Counted in the files with grep: buyers, modifications, then identifiers that no SIREN can have.
@pytest.mark.parametrize(
    ("name", "nb_marches", "nb_modifications", "nb_rejets"),
    [
        ("decp/marches_avec_modifications.json", 2, 2, 0),
        ("decp/concessions.json", 0, 0, 2),
        ("decp/concessions_avec_modifications.json", 0, 0, 2),
        ("decp/Contrat-concession-modification.xml", 0, 0, 2),
        # Two identical contracts: the second one is told, not kept.
        ("decp/Marche.xml", 1, 0, 0),
        ("decp_v1/mar-basique.json", 1, 0, 0),
        ("decp_v1/mar-basique.xml", 1, 0, 0),
        ("decp_v1/mar-avec-modifications.json", 1, 1, 0),
        ("decp_v1/mar-avec-modifications.xml", 1, 3, 0),
        ("decp_v1/cc-basique.json", 1, 0, 0),
        ("decp_v1/paquet.json", 2, 0, 0),
    ],
)
def test_real_samples_land_as_counted_by_hand(
    samples: Path, name: str, nb_marches: int, nb_modifications: int, nb_rejets: int
) -> None:
    outcomes = _parse((samples / name).read_bytes())
    rejets = [o for o in outcomes if isinstance(o, Anomaly) and o.gravite == "rejet"]
    counts = (len(_marches(outcomes)), len(_modifications(outcomes)), len(rejets))
    assert counts == (nb_marches, nb_modifications, nb_rejets)


def test_real_v1_samples_are_valid_but_for_nothing(samples: Path) -> None:
    for path in sorted((samples / "decp_v1").glob("*-*.*")):
        assert _anomalies(_parse(path.read_bytes())) == [], path.name
