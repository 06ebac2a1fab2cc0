import pandas as pd

from locomotion_analysis.datasets.cards import markdown


def rows_of(card, heading):
    """The rows of the table under a heading, as lists of cells."""
    section = card.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_card_says_that_no_person_was_measured(classification, clustering):
    for dataset in (classification, clustering):
        assert "no person was measured" in dataset.card
        for heading in ("Intended use", "Limits", "Splits", "Quality", "Subjects", "Tasks"):
            assert f"\n## {heading}\n" in dataset.card


def test_its_tables_count_what_is_there(classification):
    cycles, card = classification.data.cycles, classification.card
    for name, subjects, count, *_ in rows_of(card, "Subjects"):
        own = cycles[cycles["pathology"] == name]
        assert (int(subjects), int(count)) == (own["subject"].nunique(), len(own))
    for name, _, subjects, count, each in rows_of(card, "Tasks"):
        own = cycles[cycles["task"] == name]
        assert (int(subjects), int(count), each) == (own["subject"].nunique(), len(own), "2")
    for name, subjects, count, *by_class in rows_of(card, "Splits"):
        own = classification.part(name).cycles
        assert (int(subjects), int(count)) == (own["subject"].nunique(), len(own))
        assert sum(map(int, by_class)) == int(subjects)
    groups = rows_of(card, "Features")
    assert sum(int(count) for _, count, _ in groups) == classification.manifest.n_features
    assert [target for target, *_ in rows_of(card, "Targets")] == ["pathology", "task"]


def test_it_says_what_the_reduction_was_fitted_on(clustering, classification):
    n_training = clustering.part("train").cycles["subject"].nunique()
    assert f"the {n_training} training subjects only" in " ".join(clustering.card.split())
    assert "principal components" not in classification.card


def test_files_of_the_folder_are_listed(clustering):
    listed = {name.strip("`") for name, _ in rows_of(clustering.card, "Files")}
    assert listed == {file.name for file in clustering.path.iterdir()}


def test_a_bar_in_a_cell_does_not_end_it():
    table = pd.DataFrame({"a": ["x | y"], "b": [1234]})
    assert markdown(table).splitlines()[2] == r"| x \| y | 1,234 |"
