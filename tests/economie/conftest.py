"""One compilation of the economic models for all the tests of this folder."""

import duckdb
import pytest

from tests.economie.warehouse import Economie, compiled_manifest


@pytest.fixture(scope="session")
def economie(tmp_path_factory: pytest.TempPathFactory) -> Economie:
    """The compiled models."""
    return Economie(compiled_manifest(tmp_path_factory.mktemp("economie")))


@pytest.fixture(scope="session")
def calcul(economie: Economie) -> duckdb.DuckDBPyConnection:
    """Everything computed on the seeds as they are."""
    return economie.compute(nb_tirages=2000)
