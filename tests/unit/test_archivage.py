"""Archivage: transfers of three generations of SEDA, their sizes, the answers, and what never leaves the parser."""

import io
from pathlib import Path

import pytest

from orchestration.ingest.archivage import SOURCE, Reponse, Taille, Transfert
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "archivage"
SIREN = "215602608"


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _of(kind: type, outcomes: list[object]) -> list:
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


def _codes_of(path: Path) -> set[str]:
    try:
        return {anomaly.code for anomaly in _of(Anomaly, _parse(path.read_bytes()))}
    except RejectedFile as refusal:
        return {refusal.code}


def _sizes(name: str) -> list[tuple[str, str, str | None, str]]:
    return [(t.niveau, t.unite, t.taille, t.nb_mesures) for t in _of(Taille, _read(name))]


def test_each_anomaly_code_is_raised_by_a_fixture():
    assert set().union(*map(_codes_of, FIXTURES.glob("*.xml"))) == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_takes_a_value_and_a_field(code):
    message = SOURCE.codes[code].format(valeur="12", champ="Date")
    assert message.endswith(".") and "{" not in message


@pytest.mark.parametrize(
    ("name", "code", "champ", "valeur"),
    [
        ("transfert_sans_identifiant.xml", "archivage_sans_identifiant", "TransferIdentifier", None),
        ("transfert_agences_sans_siren.xml", "archivage_collectivite_inconnue", "TransferringAgency", "FRCOL_761"),
        ("transfert_siren_faux.xml", "archivage_collectivite_inconnue", "TransferringAgency", "215602609_122"),
        ("reponse_sans_transfert.xml", "archivage_reponse_sans_transfert", "TransferIdentifier", None),
    ],
)
def test_a_message_without_identity_yields_one_rejection_and_no_record(name, code, champ, valeur):
    assert _read(name) == [Anomaly("rejet", code, 2, champ, valeur)]


@pytest.mark.parametrize(
    ("name", "code", "ligne", "champ", "valeur"),
    [
        ("transfert_versant_sans_siren.xml", "archivage_versant_inconnu", 2, "TransferringAgency", "PASTELL_DEMO"),
        ("transfert_date_illisible.xml", "archivage_date_invalide", 2, "Date", "September, 16 2021 00:00:00"),
        ("transfert_taille_illisible.xml", "archivage_taille_illisible", 19, "Size", "deux mille"),
        ("transfert_unite_inconnue.xml", "archivage_unite_inconnue", 19, "unitCode", "KO"),
        ("transfert_sans_document.xml", "archivage_sans_objet", 2, "", None),
        ("reponse_code_inconnu.xml", "archivage_code_reponse_inconnu", 2, "ReplyCode", "999"),
    ],
)
def test_an_odd_value_is_a_warning_and_the_record_stands(name, code, ligne, champ, valeur):
    outcomes = _read(name)
    assert _of(Anomaly, outcomes) == [Anomaly("avertissement", code, ligne, champ, valeur)]
    assert _of((Transfert, Reponse), outcomes)


def test_a_transfer_of_seda_0_2_with_a_byte_order_mark_and_suffixed_agencies():
    emitter, transfert, taille = _read("transfert_seda_0_2_bom.xml")
    assert emitter == Emitter(SIREN)
    agences = (SIREN, "215602608_122", "215602608_122", SIREN, SIREN)
    details = ("0.2", "2016-03-08T16:04:19.2946109Z", "ACCORD_PES_0001", "PROFIL_PES_0001", "2")
    assert transfert == Transfert(2, "TR_0001", *agences, *details)
    assert taille == Taille(2, "TR_0001", SIREN, "description", "2P", "2010", "1")


def test_a_transfer_of_seda_1_0_sums_the_sizes_of_its_documents_by_unit():
    (transfert,) = _of(Transfert, _read("transfert_seda_1_0.xml"))
    assert (transfert.siren, transfert.identifiant_versant, transfert.nb_objets) == (SIREN, "215 602 608", "3")
    assert _sizes("transfert_seda_1_0.xml") == [("objet", "4L", "1.5", "1"), ("objet", "AD", "868", "2")]


def test_a_transfer_of_seda_2_counts_bytes_and_names_its_message():
    (transfert,) = _of(Transfert, _read("transfert_seda_2_1.xml"))
    assert (transfert.transfert_id, transfert.version_seda, transfert.nb_objets) == ("TR_0003", "2.1", "2")
    assert (transfert.siren, transfert.profil, transfert.accord) == (SIREN, "PROFIL_MARCHES", "ACCORD_MARCHES")
    assert _sizes("transfert_seda_2_1.xml") == [("objet", "AD", "1024", "2")]


def test_the_producteur_stands_in_for_a_versant_without_siren():
    (transfert,) = _of(Transfert, _read("transfert_versant_sans_siren.xml"))
    assert (transfert.siren, transfert.siren_versant, transfert.siren_producteur) == (SIREN, None, SIREN)


def test_an_unreadable_size_is_not_replaced_by_a_part_of_it():
    assert _sizes("transfert_taille_illisible.xml") == [("description", "2P", None, "1")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reponse_seda_1_0_acceptee.xml", ("TR_0002", "ATR_105", None, "reponse", "000")),
        ("acceptation_seda_0_2.xml", ("TR_0001", "ATA_1", SIREN, "acceptation", None)),
        ("reponse_seda_2_1_refusee.xml", ("TR_0003", "ATR_9", None, "reponse", "203")),
        ("accuse_reception_seda_2_1.xml", ("TR_0003", "ACK_1", None, "accuse_reception", None)),
    ],
)
def test_answers_name_the_transfer_in_the_words_of_their_version(name, expected):
    (reponse,) = _of(Reponse, _read(name))
    found = (reponse.transfert_id, reponse.reponse_id, reponse.siren, reponse.type_reponse, reponse.code_reponse)
    assert found == expected


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("attaque_entites.xml", "archivage_xml_illisible", "déclaration DOCTYPE, dangereuse, refusée"),
        ("attaque_doctype_externe.xml", "archivage_xml_illisible", "déclaration DOCTYPE, dangereuse, refusée"),
        ("attaque_profondeur.xml", "archivage_xml_illisible", "plus de 64 niveaux imbriqués"),
        ("transfert_tronque.xml", "archivage_xml_illisible", "ligne 37"),
        ("transfert_version_inconnue.xml", "archivage_version_inconnue", "urn:seda:9"),
    ],
)
def test_a_hostile_broken_or_foreign_file_is_refused_whole(name, code, reason):
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert (refusal.value.code, refusal.value.valeur) == (code, reason)


def test_nothing_personal_leaves_the_parser():
    for path in FIXTURES.glob("*.xml"):
        try:
            outcomes = _parse(path.read_bytes())
        except RejectedFile:
            continue
        assert "SECRET" not in repr(outcomes), path.name


def test_real_slip_of_a_department(samples):
    outcomes = _parse((samples / "seda" / "cd56_bordereau-PESV2_DEP56-1.xml").read_bytes())
    _, transfert, taille = outcomes
    # grep -c '<Document>' = 2 ; grep -o '<Size[^<]*' = one, 2010 of 2P.
    assert (transfert.siren, transfert.transfert_id) == ("225600014", "DEP56_PESV2_WSJAVA_0000000002")
    assert (transfert.nb_objets, transfert.profil) == ("2", "DEP56_PROFIL_PES_0001")
    assert (taille.unite, taille.taille) == ("2P", "2010")


def test_real_answer(samples):
    (reponse,) = _parse((samples / "seda" / "s2low_reply_extrait.xml").read_bytes())
    assert (reponse.reponse_id, reponse.code_reponse, reponse.siren) == ("ATR_105", "000", None)
