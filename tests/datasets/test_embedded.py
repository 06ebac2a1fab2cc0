import pytest

from locomotion_analysis.datasets import load_dataset
from locomotion_analysis.errors import SchemaError


def test_demo_is_what_the_contract_promises():
    data = load_dataset("demo")
    c = data.cycles
    assert c["subject"].nunique() >= 30
    assert c["task"].nunique() == 5
    assert set(c["pathology"]) == {"healthy", "stroke", "parkinsons"}
    assert c["simulated"].all()
    assert (c["dataset"] == "simulated").all()


def test_demo_is_made_once():
    assert load_dataset() is load_dataset("demo")


def test_unknown_name_lists_the_known():
    with pytest.raises(SchemaError, match="demo"):
        load_dataset("atlantis")
