"""Hélios: what is counted in a flow, what an answer says of it, and what never leaves the parser."""

import io
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from orchestration.ingest.helios import SOURCE, Acquit, Bordereau, CompteRendu, FluxPes
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile

FIXTURES = Path(__file__).parents[1] / "fixtures" / "helios"
SIRET = "21560260800014"
CLE = ("FLUX1", SIRET, "100", "00")


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


def _flux(name: str) -> FluxPes:
    (flux,) = _of(FluxPes, _read(name))
    return flux


def test_each_anomaly_code_is_raised_by_a_fixture():
    raised = set().union(*(_codes_of(path) for path in FIXTURES.glob("*.xml") if path.stem != "encodage_inconnu"))
    assert raised == set(SOURCE.codes)


@pytest.mark.parametrize("code", SOURCE.codes)
def test_each_message_takes_a_value_and_a_field(code):
    message = SOURCE.codes[code].format(valeur="12", champ="CodBud")
    assert message.endswith(".") and "{" not in message


@pytest.mark.parametrize(
    ("name", "code", "ligne", "champ", "valeur"),
    [
        ("aller_sans_nom_flux.xml", "helios_sans_nom_flux", 2, "NomFic", None),
        ("aller_siret_factice.xml", "helios_siret_invalide", 2, "IdColl", "12345678912345"),
        ("aller_sans_code_budget.xml", "helios_sans_code_budget", 2, "CodBud", None),
        ("acquit_sans_nom_flux.xml", "helios_sans_nom_flux", 2, "NomFic", None),
    ],
)
def test_a_file_without_identity_yields_one_rejection_and_no_record(name, code, ligne, champ, valeur):
    assert _read(name) == [Anomaly("rejet", code, ligne, champ, valeur)]


@pytest.mark.parametrize(
    ("name", "code", "ligne", "champ", "valeur"),
    [
        ("aller_code_collectivite_court.xml", "helios_code_inattendu", 2, "CodCol", "7"),
        ("aller_montant_illisible.xml", "helios_montant_illisible", 27, "MtBordHT", "vingt et un"),
        ("aller_domaine_inconnu.xml", "helios_domaine_inconnu", 80, "PES_Inconnu", None),
        ("aller_dematerialisation_inconnue.xml", "helios_dematerialisation_inconnue", 25, "InfoDematerialisee", "2"),
        ("aller_signature_double.xml", "helios_signature_double", 2, "Signature", None),
        ("aller_nb_pieces_illisible.xml", "helios_nb_pieces_illisible", 27, "NbrPce", "deux"),
        (
            "aller_nb_pieces_incoherent.xml",
            "helios_nb_pieces_incoherent",
            27,
            "NbrPce",
            "3 annoncée(s), 2 présente(s)",
        ),
        ("acquit_siret_factice.xml", "helios_acquit_siret_invalide", 2, "IdColl", "12345678912345"),
        ("acquit_etat_inconnu.xml", "helios_acquit_etat_inconnu", 24, "EtatAck", "9"),
        ("acquit_domaine_inconnu.xml", "helios_acquit_domaine_inconnu", 24, "DomaineAck", "42"),
        ("aller_vide.xml", "helios_flux_vide", 2, "", None),
        ("retour_vide.xml", "helios_retour_vide", 2, "", None),
    ],
)
def test_an_odd_value_is_a_warning_and_the_record_stands(name, code, ligne, champ, valeur):
    outcomes = _read(name)
    assert _of(Anomaly, outcomes) == [Anomaly("avertissement", code, ligne, champ, valeur)]
    assert _of((FluxPes, Acquit, CompteRendu), outcomes)


def test_unreadable_dates_are_told_for_the_flow_and_for_its_bordereau():
    dates = [(a.ligne, a.champ, a.valeur) for a in _of(Anomaly, _read("aller_date_sentinelle.xml"))]
    assert dates == [(2, "DteStr", "31/02/2024"), (27, "DteBordEm", "0002-11-30")]


def test_a_bordereau_without_number_is_counted_but_does_not_land():
    outcomes = _read("aller_bordereau_sans_numero.xml")
    assert [a.gravite for a in _of(Anomaly, outcomes)] == ["rejet"]
    assert [b.bordereau_id for b in _of(Bordereau, outcomes)] == ["41"]
    assert _of(FluxPes, outcomes)[0].nb_bordereaux == "2"


def test_a_flow_sums_up_its_bordereaux_and_attachments():
    outcomes = _read("aller_depense_signature_partielle.xml")
    assert outcomes[0] == Emitter("215602608")
    assert _of(Bordereau, outcomes) == [
        Bordereau(27, *CLE, "depense", "2024", "41", "01", "2024-03-04", "2", "2", "true", "21.00"),
        Bordereau(80, *CLE, "depense", "2024", "42", "01", "2024-03-04", "1", "1", "false", "10.50"),
    ]
    totals = ("2", "1", "3", "0", "3", "2", "3", "3", "3", "false")
    header = ("PESALR2", "2024-03-05", "056001", "EDITEUR COMPTA", "depense,pj")
    assert outcomes[-1] == FluxPes(2, *CLE, *header, *totals)


def test_titres_are_recette_pieces_and_paper_attachments_are_not_dematerialised():
    flux = _flux("aller_recette_signature_globale.xml")
    assert (flux.nb_mandats, flux.nb_titres, flux.nb_pieces) == ("0", "3", "3")
    assert (flux.nb_pj, flux.nb_pj_dematerialisees) == ("1", "0")
    assert (flux.est_signature_globale, flux.nb_bordereaux_signes) == ("true", "0")


def test_attachments_sent_alone_come_with_no_paper():
    flux = _flux("aller_pj_seules_utf8_bom.xml")
    assert (flux.domaines, flux.nb_pj, flux.nb_pj_dematerialisees) == ("pj", "2", "2")


def test_the_declared_encoding_decides():
    assert _flux("aller_windows_1252_une_ligne.xml").progiciel == "L’ÉDITEUR"


def test_invoice_and_market_domains_are_noted():
    assert _flux("aller_facture_et_marche.xml").domaines == "depense,facture,marche"


def test_an_unreadable_declaration_makes_the_declared_total_unknown():
    assert _flux("aller_nb_pieces_illisible.xml").nb_pieces_declarees is None


def test_an_answer_may_refuse_one_piece_and_accept_the_rest():
    elements = [
        (a.domaine, a.etat, a.exercice, a.bordereau_id, a.piece, a.code_anomalie, a.nb_elements)
        for a in _of(Acquit, _read("acquit_partiel.xml"))
    ]
    assert elements == [
        ("5", "0", "2024", "41", "2", "B12", "1"),
        ("5", "1", "2024", "42", None, None, "1"),
        ("4", "0", None, None, None, "P01", "1"),
        ("4", "1", None, None, None, None, "2"),
    ]


def test_an_old_refusal_of_a_whole_flow_is_one_refused_element():
    (acquit,) = _of(Acquit, _read("non_acquit.xml"))
    assert (acquit.type_acquit, acquit.nom_flux, acquit.siret, acquit.etat) == ("non_acquit", "FLUX9", None, "0")


def test_the_collectivite_acknowledges_the_treasury_s_reports():
    outcomes = _read("acquit_retour.xml")
    (acquit,) = _of(Acquit, outcomes)
    assert (acquit.type_acquit, acquit.nom_flux, acquit.date_acquit) == ("acquit_retour", "RETOUR1", "2024-03-10")
    assert [a.code for a in _of(Anomaly, outcomes)] == ["helios_sans_nom_flux"]


def test_a_report_counts_pieces_by_state():
    rendus = _of(CompteRendu, _read("retour_depense.xml"))
    assert [(r.bordereau_id, r.etat_piece, r.nb_pieces) for r in rendus] == [
        ("41", "01", "2"),
        ("41", "03", "1"),
        ("41", None, "1"),
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("attaque_entites.xml", "déclaration DOCTYPE, dangereuse, refusée"),
        ("attaque_doctype_externe.xml", "déclaration DOCTYPE, dangereuse, refusée"),
        ("attaque_profondeur.xml", "plus de 64 niveaux imbriqués"),
        ("aller_tronque.xml", "ligne 73"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_whole(name, reason):
    with pytest.raises(RejectedFile) as refusal:
        _read(name)
    assert (refusal.value.code, refusal.value.valeur) == ("helios_xml_illisible", reason)


def test_an_unknown_encoding_is_no_known_format():
    head = (FIXTURES / "encodage_inconnu.xml").read_bytes()
    assert not any(format_.recognise(head) for format_ in SOURCE.formats)


def test_an_undeclared_prefix_is_no_known_format():
    assert not any(format_.recognise(b"<n:PES_Aller><Enveloppe/></n:PES_Aller>") for format_ in SOURCE.formats)


def test_an_answer_that_says_nothing_is_refused():
    with pytest.raises(RejectedFile, match="helios_acquit_vide"):
        _read("acquit_vide.xml")


def test_nothing_personal_leaves_the_parser():
    for path in FIXTURES.glob("*.xml"):
        try:
            outcomes = _parse(path.read_bytes())
        except (RejectedFile, StopIteration):
            continue
        assert "SECRET" not in repr(outcomes) and "FR76" not in repr(outcomes), path.name


def test_a_20_mb_file_is_read_in_bounded_memory(tmp_path):
    """A whole tree of this file takes over 200 MB; its 10 MB attachment alone, kept as text, 10 MB."""
    big = tmp_path / "gros.xml"
    raw = (FIXTURES / "aller_depense_signature_partielle.xml").read_bytes()
    bordereau = raw[raw.index(b"    <Bordereau>") : raw.index(b"    </Bordereau>") + 17]
    body = bordereau * ((10 << 20) // len(bordereau))
    big.write_bytes(raw.replace(b"U0VDUkVU</Fichier>", b"QUJD" * (5 << 19) + b"</Fichier>", 1).replace(bordereau, body))
    script = textwrap.dedent("""
        import resource, sys
        from orchestration.ingest.helios import parse_aller
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = peak()
        with open(sys.argv[1], "rb") as stream:
            for outcome in parse_aller(stream):
                last = outcome
        print(last.nb_bordereaux, last.nb_pj, peak() - before)
    """)
    done = subprocess.run([sys.executable, "-c", script, str(big)], capture_output=True, text=True, check=True)
    nb_bordereaux, nb_pj, growth_kib = map(int, done.stdout.split())
    assert (nb_bordereaux, nb_pj) == (len(body) // len(bordereau) + 1, 3)
    assert growth_kib < 8 << 10


def test_real_flow_of_an_editor(samples):
    outcomes = _parse((samples / "helios" / "pastell_PES_ex.xml").read_bytes())
    flux = outcomes[-1]
    assert (flux.siret, flux.code_collectivite, flux.code_budget, flux.nom_flux) == (
        "24310063300011",
        "100",
        "00",
        "SICOVAL201512104",
    )
    # grep -o '<Bordereau ' | wc -l = 1, '<Piece>' = 1, 'Signature' = 0, '<PJ>' = 0.
    assert (flux.nb_bordereaux, flux.nb_mandats, flux.nb_titres, flux.nb_pj) == ("1", "1", "0", "0")
    assert flux.nb_bordereaux_signes == "0" and flux.est_signature_globale == "false"
    assert not _of(Anomaly, outcomes)


@pytest.mark.parametrize(
    "name",
    ["ACQUIT_PESALR2_49101169800000_171227_2045.xml", "fakeTdt_pes_acquit.xml", "s2low_pes_acquit.xml"],
)
def test_real_answers(samples, name):
    # grep -c '<ElementACQUIT>' = 5, of which '<IdUnique' = 4 ; grep -c 'EtatAck V="1"' = 5.
    acquits = _of(Acquit, _parse((samples / "helios" / name).read_bytes()))
    assert [(a.domaine, a.etat, a.nb_elements) for a in acquits] == [("5", "1", "1"), ("4", "1", "4")]
    assert {a.siret for a in acquits} == {"20004910400025"}


@pytest.mark.parametrize(
    "name",
    [
        "HELIOS_SIMU_ALR2_1496987735_826268894.xml",
        "pastell_creation-document_pes.xml",
        "HELIOS_SIMU_RETOUR_1565181244_184723364.xml",
    ],
)
def test_real_simulations_carry_a_false_siret(samples, name):
    outcomes = _parse((samples / "helios" / name).read_bytes())
    assert [(a.gravite, a.code) for a in outcomes] == [("rejet", "helios_siret_invalide")]


def test_real_answer_to_a_report(samples):
    (acquit,) = _of(Acquit, _parse((samples / "helios" / "s2low_PES_ACQUIT_RETOUR.xml").read_bytes()))
    assert acquit.nom_flux == "PES2R_DEP_P_710_20_044090_20250307_20250307_20250308182309.xml"
    assert (acquit.siret, acquit.code_collectivite, acquit.domaine) == ("49101169800033", "007", "13")
