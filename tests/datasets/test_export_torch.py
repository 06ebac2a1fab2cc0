import json
import re
import subprocess
import sys

import numpy as np
import pytest

from locomotion_analysis import extras
from locomotion_analysis.datasets.export import export_torch
from locomotion_analysis.errors import MissingExtraError

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
safetensors_torch = pytest.importorskip("safetensors.torch", reason="part of the extra `deep`")


@pytest.fixture(scope="module")
def folder(odd, tmp_path_factory):
    path = tmp_path_factory.mktemp("torch") / "walk"
    export_torch(odd, path)
    return path


@pytest.fixture(scope="module")
def tensors(folder):
    return safetensors_torch.load_file(folder / "tensors.safetensors")


@pytest.fixture(scope="module")
def index(folder):
    return json.loads((folder / "index.json").read_text(encoding="utf-8"))


def test_curves_are_cycle_phase_channel(tensors, index, odd):
    assert tensors["curves"].dtype == torch.float32
    for number, name in enumerate(index["channels"]):
        np.testing.assert_array_equal(tensors["curves"][:, :, number].numpy(), odd.curves(name))
    assert tensors["measured"].sum().item() == len(odd) * len(odd.channels) - 6
    assert not tensors["measured"][:5, 0].any()
    assert not tensors["measured"][7, 1]


def test_text_is_codes_with_names_and_numbers_stay(tensors, index, odd):
    for name in ("pathology", "task", "subject"):
        named = [index["classes"][name][code] for code in tensors[f"cycles/{name}"]]
        assert named == odd.cycles[name].tolist()
    assert tensors["cycles/note"][:3].tolist() == [-1, 0, 0]
    np.testing.assert_allclose(tensors["cycles/age"].numpy(), odd.cycles["age"])


def test_simulated_data_say_so(index, folder):
    assert index["simulated"] is True
    assert "simulated" in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_code_in_the_note_runs(folder):
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.S)[1]
    check = "assert curves.isfinite().all() and len(names) == 2 and len(set(groups.tolist())) == 6"
    done = subprocess.run(
        [sys.executable, "-c", code + check],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_same_data_give_the_same_bytes(odd, folder, tmp_path):
    export_torch(odd, tmp_path / "again")
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_a_missing_library_is_named_before_anything_is_written(odd, tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[deep\]"):
        export_torch(odd, tmp_path / "walk")
    assert not list(tmp_path.iterdir())
