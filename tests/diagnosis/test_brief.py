"""The book of a run that acts: without what nobody acts on and all would wait for."""

from __future__ import annotations

from pathlib import Path

from escalade.diagnosis.wanted import asks
from escalade.diagnosis.wanted import brief
from escalade.run import book_for
from escalade.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_only_standing_symptoms_that_ask_slowly_are_left_out() -> None:
    """A weakness that is told and not acted on need not be known to act."""
    book, catalog = book_for(Settings("en", (ROOT / "runbooks",)))
    kept = {symptom.id for symptom in brief(book, catalog).symptoms}
    gone = [symptom for symptom in book.symptoms if symptom.id not in kept]
    assert "host.docker-garbage" in {symptom.id for symptom in gone}
    for symptom in gone:
        assert symptom.standing
        assert any(catalog[ask.probe].slow for ask in asks(symptom.when))
    for symptom in brief(book, catalog).symptoms:
        assert not any(catalog[ask.probe].slow for ask in asks(symptom.when))
