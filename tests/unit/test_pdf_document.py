"""What the head of a printed sheet says of its figures, from what the page says of its period."""

import pytest

from orchestration.pdf_document import Edition, header
from orchestration.pdf_tiles import Reading

EDITION = Edition(version="20261201T133341", publiee_le="01/12/2026", est_demonstration=False)


@pytest.mark.parametrize(
    ("situation", "status"),
    [
        ("Bretagne · situation à fin octobre 2026 · chiffres provisoires depuis juillet 2026", "chiffres provisoires"),
        ("CA Guingamp · situation à fin mai 2026 · 12 collectivités suivies", "chiffres définitifs"),
        ("Bretagne · situation au 31/10/2026 · 1 268 collectivités · 12 obligations", None),
    ],
)
def test_a_sheet_says_whether_its_months_may_still_change(situation: str, status: str | None) -> None:
    head = ["Observatoire", "Où en est-on ?", situation]
    text = header(Reading(title="Comité", tiles=[], head=head, choices={}, fonts=""), EDITION)
    assert situation in text
    assert (f"Statut : {status}" in text) if status else ("Statut" not in text)
