"""Fixtures every room's tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.browser"]

# No test asserts a time: what one example takes depends on what else the machine does.
settings.register_profile("gait", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gait")


@pytest.fixture(scope="session", autouse=True)
def own_subject_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the key file of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("key") / "subjects.key"
        patch.setenv("LOCOMOTION_SUBJECT_KEY_FILE", str(place))
        patch.delenv("LOCOMOTION_SUBJECT_KEY", raising=False)
        yield


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Folder beside the repository with real recordings and the promised page."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real recordings are missing: no folder {folder}")
        pytest.skip(f"real recordings are not on this machine (no folder {folder})")
    return folder


@pytest.fixture(scope="session")
def shared_data(shared_folder: Path) -> Path:
    """Folder with the real recordings."""
    return shared_folder / "data"
