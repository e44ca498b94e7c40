"""ACTES: how an act is known whatever tells it, what becomes of its messages, and what never leaves the parser."""

import csv
import gzip
import io
import random
import subprocess
import sys
import tarfile
import textwrap
from pathlib import Path

import pytest

from orchestration.ingest import archives
from orchestration.ingest.actes import SOURCE
from orchestration.ingest.actes_csv import COLONNES
from orchestration.ingest.actes_records import Acte, Evenement, identite_of, matiere_of, natures
from orchestration.ingest.actes_xml import MESSAGES
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "actes"
ID_ACTE = "035-213500010-20240205-D2024_012-DE"
ID_ACTE_DU_1ER = "035-213500010-20240201-D2024_012-DE"
SIREN = "213500010"


def _parse(raw: bytes) -> list[object]:
    format_ = next(f for f in SOURCE.formats if f.recognise(raw[: 1 << 16]))
    return list(format_.parse(io.BytesIO(raw)))


def _read(name: str) -> list[object]:
    return _parse((FIXTURES / name).read_bytes())


def _of(kind: type, outcomes: list[object]) -> list:
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


def _codes(raw: bytes) -> list[str]:
    try:
        return [anomaly.code for anomaly in _of(Anomaly, _parse(raw))]
    except RejectedFile as refusal:
        return [refusal.code]


def _refusal(name: str) -> RejectedFile:
    with pytest.raises(RejectedFile) as caught:
        _read(name)
    return caught.value


# --- Codes ------------------------------------------------------------------------------------------------------------


def test_each_anomaly_code_is_raised_by_a_fixture():
    assert set().union(*(_codes(path.read_bytes()) for path in FIXTURES.iterdir())) == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_takes_a_value_and_a_field(code):
    message = SOURCE.codes[code].format(valeur="12", champ="date_ar")
    assert message.endswith(".") and "{" not in message


REJETS = [
    ("acte_siren_factice.xml", "siren_invalide", 1, "siren", "123456789", None),
    ("acte_sans_siren.xml", "sans_identite", 1, "siren", None, None),
    ("archive_un_message_tronque.tar.gz", "xml_illisible", 5, "", "ligne 4", None),
    ("extraction_siren_faux.csv", "siren_invalide", 3, "authority_siren", "213500011", None),
    ("extraction_type_inconnu.csv", "type_inconnu", 3, "type", "8", None),
    ("extraction_sans_identite.csv", "sans_identite", 3, "numero", None, SIREN),
    ("extraction_ligne_decalee.csv", "ligne_mal_decoupee", 3, "", "4", None),
]
AVERTISSEMENTS = [
    (
        "acte_identifiants_incoherents.xml",
        "identifiants_incoherents",
        1,
        "jour",
        ID_ACTE.replace("0205", "0201"),
        SIREN,
    ),
    ("acte_date_illisible.xml", "date_illisible", 1, "date_decision", "2024-13-45", SIREN),
    ("acte_date_hors_bornes.xml", "date_hors_bornes", 1, "date_decision", "0002-11-30", SIREN),
    ("acte_numero_hors_norme.xml", "numero_hors_norme", 1, "numero", None, SIREN),
    ("acte_nature_inconnue.xml", "nature_inconnue", 1, "nature_code", "9", SIREN),
    ("acte_matiere_inconnue.xml", "matiere_inconnue", 1, "matiere_code", "9.8", SIREN),
    ("acte_nb_annexes_incoherent.xml", "nb_annexes_incoherent", 1, "Annexes", "3", SIREN),
    ("ar_avant_decision.xml", "ar_avant_decision", 1, "date_ar", "2024-02-01", SIREN),
    ("ar_sans_date.xml", "date_absente", 1, "DateReception", "1-2", None),
    ("ar_plusieurs_actes.xml", "structure_inattendue", 1, "ActeRecu", "2", None),
    ("classification_7-2.xml", "classification", 1, "", "7-2", None),
    ("enveloppe_seule_EACT.xml", "enveloppe_seule", 0, "", SIREN, None),
    ("archive_piece_absente.tar.gz", "piece_absente", 2, "NomFichier", ID_ACTE, SIREN),
    ("archive_message_absent.tar.gz", "message_absent", 0, "NomFichier 2", "035-213500010-20240206-A2024_003-AR", None),
    ("extraction_idacte_illisible.csv", "idacte_illisible", 3, "unique_id", None, SIREN),
    ("extraction_ligne_repetee.csv", "ligne_repetee", 3, "acte_id", ID_ACTE, SIREN),
    ("extraction_statut_inconnu.csv", "statut_inconnu", 3, "statut_code", "99", SIREN),
    ("extraction_nombre_illisible.csv", "nombre_illisible", 3, "taille_octets", None, SIREN),
    ("extraction_colonne_inconnue.csv", "colonne_inconnue", 1, "objet", None, None),
]


@pytest.mark.parametrize(
    ("name", "gravite", "anomalie"),
    [(name, "rejet", rest) for name, *rest in REJETS]
    + [(name, "avertissement", rest) for name, *rest in AVERTISSEMENTS],
)
def test_one_defect_is_one_anomaly_at_its_place(name, gravite, anomalie):
    motif, *place = anomalie
    assert _of(Anomaly, _read(name)) == [Anomaly(gravite, f"actes_{motif}", *place)]


@pytest.mark.parametrize(
    ("name", "code", "valeur"),
    [
        ("message_tronque.xml", "actes_xml_illisible", "ligne 7"),
        ("message_inconnu.xml", "actes_message_inconnu", "AccuseDeCourtoisie"),
        ("archive_tronquee.tar.gz", "actes_archive_illisible", "compression abîmée"),
        ("archive_sans_message.tar.gz", "actes_archive_sans_message", ""),
        ("extraction_colonne_manquante.csv", "actes_colonnes_manquantes", "date_ar, unique_id"),
        ("extraction_guillemet_ouvert.csv", "actes_csv_illisible", "guillemet non fermé ligne 2"),
    ],
)
def test_a_file_that_is_no_delivery_is_refused_whole(name, code, valeur):
    refusal = _refusal(name)
    assert (refusal.code, refusal.valeur) == (code, valeur)


# --- One identity, whatever tells it ----------------------------------------------------------------------------------


def test_an_act_has_the_same_identity_in_each_of_its_messages_and_in_the_extract():
    names = [
        "acte_1-1.xml",
        "acte_1-2.xml",
        "acte_1-3.xml",
        "enveloppe_EACT_apres_les_messages.tar.gz",
        "extraction.csv",
    ]
    assert [_of(Acte, _read(name))[0].acte_id for name in names] == [ID_ACTE] * 5


@pytest.mark.parametrize("name", ["acte_attributs_sans_prefixe.xml", "acte_utf8_avec_bom.xml", "acte_windows-1252.xml"])
def test_a_message_reads_the_same_in_each_encoding_and_without_prefixes(name):
    assert _read(name) == _read("acte_1-1.xml")


def test_a_transmission_takes_its_siren_from_the_names_of_its_files():
    (acte,) = _of(Acte, _read("acte_1-1.xml"))
    assert (acte.siren, acte.origine, acte.matiere_code, acte.nb_fichiers) == (SIREN, "1-1", "7.10", "2")
    assert (acte.date_transmission, acte.taille_octets) == (None, None)


def test_a_transmission_that_names_no_file_takes_its_siren_from_the_envelope():
    (acte,) = _of(Acte, _read("enveloppe_siren_dans_l_enveloppe_seulement.tar.gz"))
    assert acte.acte_id == ID_ACTE


def test_a_departement_that_no_idacte_can_carry_is_not_believed():
    with gzip.open(FIXTURES / "enveloppe_EACT.tar.gz") as tar:
        raw = tar.read().replace(b'Departement="035"', b'Departement="35" ')
    assert _of(Acte, _parse(gzip.compress(raw)))[0].acte_id == ID_ACTE


def test_the_content_is_believed_before_the_names_of_files():
    (acte,) = _of(Acte, _read("acte_identifiants_incoherents.xml"))
    assert (acte.acte_id, acte.date_decision) == ("035-213500010-20240201-D2024_012-DE", "2024-02-01")


@pytest.mark.parametrize("name", ["acte_date_illisible.xml", "acte_numero_hors_norme.xml", "acte_nature_inconnue.xml"])
def test_a_part_that_no_idacte_can_carry_is_read_in_the_names_of_files(name):
    assert _of(Acte, _read(name))[0].acte_id == ID_ACTE


def test_without_idacte_the_departement_alone_is_unknown():
    assert _of(Acte, _read("extraction_idacte_illisible.csv"))[1].acte_id == "000-213500010-20240205-D2024_012-DE"


def test_the_idacte_is_believed_before_the_siren_column():
    acte = _of(Acte, _read("extraction_identifiants_incoherents.csv"))[1]
    assert (acte.siren, acte.acte_id) == (SIREN, ID_ACTE)


@pytest.mark.parametrize(
    ("text", "acte_id"),
    [
        (f"32_DP-{ID_ACTE}-1-1_1.pdf", ID_ACTE),
        (f"{ID_ACTE}-1-2.xml", ID_ACTE),
        ("02A-213500010-20240205-d2024_1-DE", "02A-213500010-20240205-D2024_1-DE"),
        ("035-21350001-20240205-D2024_012-DE", None),
        ("035-213500010-20240205-NUMERO_TROP_LONG_-DE", None),
        ("", None),
    ],
)
def test_identity_of_a_text(text, acte_id):
    identite = identite_of(text)
    assert (identite.acte_id if identite else None) == acte_id


@pytest.mark.parametrize(
    ("text", "matiere"),
    [("7.10", "7.10"), ("7.10.2", "7.10"), ("3.2.0.0.0", "3.2"), ("7", "7"), ("7,1", "7,1"), (None, None)],
)
def test_a_matter_is_text_of_two_levels(text, matiere):
    assert matiere_of(text) == matiere


# --- Messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "type_message", "date_evenement"),
    [
        ("acte_1-2.xml", "1-2", "2024-02-06"),
        ("acte_1-3.xml", "1-3", "2024-02-06"),
        ("courrier_simple_2-1.xml", "2-1", "2024-02-20"),
        ("reponse_courrier_2-2.xml", "2-2", None),
        ("demande_pieces_3-1.xml", "3-1", "2024-02-20"),
        ("refus_pieces_3-3.xml", "3-3", None),
        ("pieces_3-4.xml", "3-4", None),
        ("ar_pieces_3-5.xml", "3-5", "2024-03-02"),
        ("lettre_observations_4-1.xml", "4-1", "2024-02-20"),
        ("defere_5-1.xml", "5-1", "2024-04-02"),
        ("annulation_6-1.xml", "6-1", None),
        ("ar_annulation_6-2.xml", "6-2", "2024-03-01"),
    ],
)
def test_a_message_is_an_event_of_its_act(name, type_message, date_evenement):
    (evenement,) = _of(Evenement, _read(name))
    assert (evenement.acte_id, evenement.type_message, evenement.date_evenement) == (
        ID_ACTE,
        type_message,
        date_evenement,
    )


def test_the_refusal_of_an_act_keeps_its_code_and_not_its_text():
    (evenement,) = _of(Evenement, _read("acte_1-3.xml"))
    assert evenement.motif_code == "002"


def test_an_acknowledgement_alone_is_enough_to_know_the_act():
    (acte,) = _of(Acte, _read("acte_1-2.xml"))
    assert (acte.origine, acte.numero, acte.nature_code, acte.date_ar) == ("1-2", "D2024_012", "1", "2024-02-06")


def test_the_anomaly_of_an_envelope_is_one_of_each_act_it_announced():
    evenements = _of(Evenement, _read("anomalie_enveloppe.xml"))
    assert [(e.type_message, e.acte_id, e.motif_code) for e in evenements] == [
        ("ANO_EACT", ID_ACTE, "100"),
        ("ANO_EACT", "035-213500010-20240205-D2024_013-DE", "100"),
    ]


def test_an_envelope_without_its_messages_makes_no_act():
    outcomes = _read("enveloppe_seule_EACT.xml")
    assert _of(Acte, outcomes) == []
    assert [(e.type_message, e.acte_id) for e in _of(Evenement, outcomes)] == [("EACT", ID_ACTE)]


def test_a_classification_lands_as_an_event_of_no_act():
    (evenement,) = _of(Evenement, _read("classification_7-2.xml"))
    assert (evenement.acte_id, evenement.siren, evenement.type_message) == (None, None, "7-2")


def test_message_types_are_those_of_the_protocol():
    assert len({type_message for type_message, _ in MESSAGES.values()}) == len(MESSAGES) == 22


def test_natures_are_those_of_the_seed():
    assert natures() == {"1": "DE", "2": "AR", "3": "AI", "4": "CC", "5": "BF", "6": "AU"}


# --- Archives ---------------------------------------------------------------------------------------------------------


def test_an_archive_gives_each_act_the_date_of_its_envelope_and_the_weight_of_its_pieces():
    delib, arrete = _of(Acte, _read("enveloppe_EACT.tar.gz"))
    assert (delib.ligne, delib.date_transmission, delib.nb_fichiers, delib.taille_octets) == (
        2,
        "2024-02-05",
        "2",
        "45",
    )
    assert (arrete.ligne, arrete.nature_code, arrete.nb_fichiers, arrete.taille_octets) == (5, "2", "1", "15")


def test_answers_of_the_prefecture_come_in_archives_too():
    outcomes = _read("enveloppe_TACT.tar.gz")
    assert [acte.origine for acte in _of(Acte, outcomes)] == ["1-2", "1-3"]
    assert [(e.ligne, e.type_message) for e in _of(Evenement, outcomes)] == [(2, "1-2"), (3, "1-3")]
    assert _of(Emitter, outcomes) == [Emitter(SIREN)]


def test_a_broken_message_spares_the_others_of_its_archive():
    assert [acte.acte_id for acte in _of(Acte, _read("archive_un_message_tronque.tar.gz"))] == [ID_ACTE]


def test_a_budget_in_xml_is_a_piece_and_no_message():
    outcomes = _read("archive_annexe_xml.tar.gz")
    assert [a.code for a in _of(Anomaly, outcomes)] == ["actes_piece_absente"]
    assert len(_of(Acte, outcomes)) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("attaque_entites_en_cascade.xml", "actes_xml_illisible"),
        ("attaque_entites_en_cascade_attribut.xml", "actes_xml_illisible"),
        ("attaque_entite_externe.xml", "actes_xml_illisible"),
        ("attaque_imbrication.xml", "actes_xml_illisible"),
        ("attaque_bombe.tar.gz", "actes_archive_demesuree"),
        ("attaque_trop_de_fichiers.tar.gz", "actes_archive_demesuree"),
        ("attaque_chemin_montant.tar.gz", "actes_archive_refusee"),
        ("attaque_chemin_absolu.tar.gz", "actes_archive_refusee"),
        ("attaque_lien.tar.gz", "actes_archive_refusee"),
        ("attaque_archive_imbriquee.tar.gz", "actes_archive_refusee"),
    ],
)
def test_an_attack_is_a_refused_file(name, code):
    assert _refusal(name).code == code


def _tar(members: list[tuple[tarfile.TarInfo, bytes]], tar_format: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


def test_chained_extended_headers_are_counted_and_do_not_recurse():
    """The library's reader calls itself once per such header: a thousand of them end it."""
    header = tarfile.TarInfo("././@LongLink")
    header.type = tarfile.GNUTYPE_LONGNAME
    raw = _tar([(header, b"a" * 10)] * (archives.MAX_MEMBERS + 1), tarfile.GNU_FORMAT)
    assert _codes(raw) == ["actes_archive_demesuree"]


def test_a_message_larger_than_any_message_is_refused_before_it_is_parsed():
    content = (FIXTURES / "acte_1-1.xml").read_bytes() + b" " * archives.MAX_KEPT_BYTES
    assert _codes(content) == ["actes_xml_illisible"]
    archive = _tar([(tarfile.TarInfo(f"{ID_ACTE}-1-1_0.xml"), content)])
    assert _codes(archive) == ["actes_archive_demesuree"]


def test_the_messages_of_an_archive_are_bounded_together():
    member = (tarfile.TarInfo(f"{ID_ACTE}-1-1_0.xml"), b" " * archives.MAX_KEPT_BYTES)
    count = archives.MAX_KEPT_TOTAL_BYTES // archives.MAX_KEPT_BYTES
    filler = (tarfile.TarInfo("image.jpg"), random.Random(1).randbytes(1 << 18))
    assert _codes(_tar([member] * (count + 1) + [filler])) == ["actes_archive_demesuree"]


def test_a_bomb_costs_little_memory():
    """24 MiB of zeros in 24 KiB: refused before they are all expanded, and none of them is kept."""
    script = """
        import gzip, io, resource, sys
        from orchestration.ingest.actes import SOURCE
        from orchestration.ingest.outcome import RejectedFile
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        raw = open(sys.argv[1], "rb").read()
        try:
            list(SOURCE.formats[1].parse(io.BytesIO(raw)))
        except RejectedFile as refusal:
            print(refusal.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(FIXTURES / "attaque_bombe.tar.gz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    code, mebibytes = done.stdout.split()
    assert code == "actes_archive_demesuree" and int(mebibytes) < 32


# --- The extract ------------------------------------------------------------------------------------------------------


def test_only_transactions_of_type_1_are_acts():
    outcomes = _read("extraction.csv")
    assert [acte.transaction_id for acte in _of(Acte, outcomes)] == ["101", "102"]
    assert [(e.ligne, e.type_message) for e in _of(Evenement, outcomes)] == [(4, "6-2"), (5, "6-1"), (6, "4"), (7, "7")]


def test_separator_line_ends_and_bom_change_nothing():
    assert _read("extraction_point_virgule_crlf_bom.csv") == _read("extraction.csv")


def test_the_order_of_the_columns_changes_nothing():
    rows = list(csv.DictReader((FIXTURES / "extraction.csv").open(encoding="utf-8", newline="")))
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted(COLONNES))
    writer.writeheader()
    writer.writerows(rows)
    assert _parse(text.getvalue().encode()) == _read("extraction.csv")


def test_an_extract_of_several_collectivites_has_no_emitter():
    assert _of(Emitter, _read("extraction_plusieurs_collectivites.csv")) == []
    assert _of(Emitter, _read("extraction.csv")) == [Emitter(SIREN)]


def test_words_where_a_number_is_expected_never_land():
    acte = _of(Acte, _read("extraction_numero_avec_des_mots.csv"))[1]
    assert (acte.numero, acte.acte_id) == ("D2024_012", ID_ACTE)
    assert _codes((FIXTURES / "extraction_numero_avec_des_mots_sans_idacte.csv").read_bytes()) == [
        "actes_sans_identite"
    ]
    assert _of(Acte, _read("extraction_matiere_en_toutes_lettres.csv"))[1].matiere_code is None
    assert _of(Acte, _read("extraction_date_avec_des_mots.csv"))[1].date_ar is None


# --- What never lands, and what never breaks --------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_no_object_nor_referent_leaves_the_parser(path):
    try:
        told = repr(_parse(path.read_bytes()))
    except RejectedFile as refusal:
        told = repr(refusal.args)
    assert not [word for word in ("Exemple", "EXEMPLE", "Jeanne", "jeanne", "0299000000", "libre") if word in told]


@pytest.mark.parametrize("name", ["acte_1-2.xml", "enveloppe_EACT.tar.gz", "enveloppe_TACT.tar.gz", "extraction.csv"])
def test_a_mutated_file_is_records_anomalies_or_a_refusal(name):
    """Two hundred mutations, always the same ones: anything but a refusal that stops the parser is a bug."""
    draws, original = random.Random(name), (FIXTURES / name).read_bytes()
    for _ in range(200):
        raw = bytearray(gzip.decompress(original) if name.endswith("gz") and draws.random() < 0.5 else original)
        for _ in range(draws.randrange(1, 8)):
            start = draws.randrange(len(raw))
            raw[start : start + draws.randrange(3)] = draws.randbytes(draws.randrange(3))
        content = gzip.compress(bytes(raw)) if name.endswith("gz") and raw[:2] != b"\x1f\x8b" else bytes(raw)
        if any(f.recognise(content) for f in SOURCE.formats):
            assert all(code in SOURCE.codes for code in _codes(content))


# --- Real files -------------------------------------------------------------------------------------------------------


def test_real_files_are_read_as_they_are(samples):
    """Counted by hand: 15 XML files, one act (its 1-1, its 1-2 twice), 6 fictitious SIRENs, 3 classifications."""
    told = {path.name: _real(path) for path in (samples / "actes").glob("*.xml")}
    actes = {name: _of(Acte, outcomes) for name, outcomes in told.items()}
    assert len(told) == 15
    assert sorted((a.acte_id, a.origine) for found in actes.values() for a in found) == [
        ("034-491011698-20171207-CL20171227_06-DE", "1-1"),
        ("034-491011698-20171207-CL20171227_06-DE", "1-2"),
        ("034-491011698-20171207-CL20171227_06-DE", "1-2"),
    ]
    assert sum(bool(_rejets(outcomes)) for outcomes in told.values()) == 6
    assert sum(e.type_message == "7-2" for outcomes in told.values() for e in _of(Evenement, outcomes)) == 3


def test_a_real_answer_is_believed_on_its_idacte_not_on_the_name_of_its_document(samples):
    outcomes = _real(samples / "actes" / "s2low_001-000000000-20170130-TEST42-DE-3-4_0.xml")
    (evenement,) = _of(Evenement, outcomes)
    assert (evenement.acte_id, evenement.type_message) == ("032-213201601-20170616-ARP201706407-AI", "3-4")
    assert [a.code for a in _of(Anomaly, outcomes)] == ["actes_identifiants_incoherents"]


def _real(path: Path) -> list[object]:
    return _parse(path.read_bytes())


def _rejets(outcomes: list[object]) -> list[Anomaly]:
    return [anomaly for anomaly in _of(Anomaly, outcomes) if anomaly.gravite == "rejet"]
