"""What a generator has learnt, as tensors and facts for a file, and back."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locomotion_analysis.models.deep.curve_scaler import CurveScaler
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.generation.conditions import (
    ConditionEncoder,
    NamedCondition,
    NumberCondition,
)
from locomotion_analysis.models.deep.generation.cycle_scores import CycleScores
from locomotion_analysis.models.deep.generation.drawn_channels import ChannelPlan

if TYPE_CHECKING:
    from locomotion_analysis.models.deep.generation.cycle_generator import CycleGenerator

_WEIGHTS = "network."
_FACTS = ("n_cycles_", "n_subjects_", "source_", "log_duration_", "history_")
_ARRAYS = ("mean_", "components_", "spread_")


def state_of(generator: "CycleGenerator") -> FittedState:
    """Return what a fitted generator has learnt."""
    scores = generator.scores_
    tensors = {f"{_WEIGHTS}{k}": v for k, v in generator.network_.state_dict().items()}
    tensors |= {f"scores.{name}": torch.as_tensor(getattr(scores, name)) for name in _ARRAYS}
    for name in ("mean_", "scale_"):
        tensors[f"scaler.{name}"] = torch.as_tensor(getattr(scores.scaler_, name))
    facts: dict[str, Any] = {name: getattr(generator, name) for name in _FACTS}
    facts["plan"] = generator.plan_._asdict()
    facts["conditions"] = [asdict(condition) for condition in generator.conditions_.conditions_]
    facts["n_points"] = scores.scaler_.n_points_
    facts["kept_variance"] = scores.kept_variance_
    return FittedState(tensors, facts)


def restore(generator: "CycleGenerator", state: FittedState) -> None:
    """Make a generator of the same parameters the one whose state it is."""
    facts, tensors = state.facts, state.tensors
    for name in _FACTS:
        setattr(generator, name, facts[name])
    generator.plan_ = ChannelPlan(**{name: tuple(each) for name, each in facts["plan"].items()})
    generator.conditions_ = _conditions(facts["conditions"])
    generator.scores_ = _scores(generator, state)
    weights = {
        name.removeprefix(_WEIGHTS): value
        for name, value in tensors.items()
        if name.startswith(_WEIGHTS)
    }
    has_duration = generator.log_duration_ is not None
    network = generator.network(
        n_scores=generator.scores_.n_scores + has_duration,
        n_conditions=generator.conditions_.width,
        **generator._sizes(),  # noqa: SLF001 - the other half of the same class
    )
    network.load_state_dict(weights)
    generator.network_ = network.to(checked_device(generator.device))


def _conditions(written: list[dict[str, Any]]) -> ConditionEncoder:
    encoder = ConditionEncoder([each["column"] for each in written])
    encoder.conditions_ = tuple(
        NamedCondition(**{**each, "names": tuple(each["names"])})
        if "names" in each
        else NumberCondition(**each)
        for each in written
    )
    return encoder


def _scores(generator: "CycleGenerator", state: FittedState) -> CycleScores:
    scores = CycleScores(generator.n_components, generator.random_state)
    for name in _ARRAYS:
        setattr(scores, name, np.asarray(state.tensors[f"scores.{name}"]))
    scores.kept_variance_ = float(state.facts["kept_variance"])
    scores.scaler_ = CurveScaler()
    scores.scaler_.mean_ = np.asarray(state.tensors["scaler.mean_"])
    scores.scaler_.scale_ = np.asarray(state.tensors["scaler.scale_"])
    scores.scaler_.n_points_ = int(state.facts["n_points"])
    return scores
