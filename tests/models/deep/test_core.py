import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from locomotion_analysis.models.deep.core import CycleLoader, CycleTensors, balanced_weights  # noqa: E402

PEOPLE = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["healthy", "stroke"])), min_size=1
)


@given(PEOPLE)
def test_classes_subjects_and_cycles_each_share_evenly(rows):
    subjects, labels = np.array(rows).T
    weights = balanced_weights(subjects, labels)
    assert weights.sum() == pytest.approx(1)
    for label in set(labels):
        of_label = labels == label
        assert weights[of_label].sum() == pytest.approx(1 / len(set(labels)))
        people = set(subjects[of_label])
        for person in people:
            own = weights[of_label & (subjects == person)]
            assert own.sum() == pytest.approx(1 / len(set(labels)) / len(people))
            assert np.ptp(own) == 0


def test_without_subjects_the_classes_are_balanced():
    assert balanced_weights(labels=[1, 0, 0]).tolist() == [0.5, 0.25, 0.25]
    with pytest.raises(TypeError, match="groups or labels"):
        balanced_weights()


def test_the_loader_draws_a_rare_subject_as_often():
    subjects = np.array(["many"] * 900 + ["few"] * 100)
    tensors = CycleTensors({"curves": np.arange(1000)})
    loader = CycleLoader(tensors, 50, weights=balanced_weights(subjects), seed=1)
    drawn = torch.cat([inputs["curves"] for inputs, _ in loader])
    assert len(drawn) == 1000
    assert (drawn >= 900).float().mean() == pytest.approx(0.5, abs=0.06)
