"""Share of a training epoch that each network spends in the model, not on its input.

    python benchmarks/bench_deep_input.py [--write-docs]

The input is everything before ``forward``: order, slicing and all four augmentations.
"""

import argparse

import torch
from interleaved import median_seconds_in_turns
from measured_page import recorded
from torch import nn

from locomotion_analysis import load_dataset
from locomotion_analysis.models.deep import (
    NETWORKS,
    AugmentationChain,
    CurveScaler,
    MagnitudeWarp,
    PhaseJitter,
    SideSwap,
    StrideNoise,
    TrainingCycles,
)
from locomotion_analysis.models.deep.core import CycleLoader, CycleTensors, GaitNet
from locomotion_analysis.models.deep.networks import TwoLegNetwork

N_CYCLES, BATCH_SIZE, AIM = 256, 64, 0.9


def epoch_of(network, tensors, loader, options):
    """Return a function that trains one epoch."""
    _, n_points, n_channels = tensors.inputs["curves"].shape
    net = GaitNet(
        network,
        module__n_channels=n_channels,
        module__n_points=n_points,
        module__n_outputs=int(tensors.targets.max()) + 1,
        **{f"module__{name}": value for name, value in options.items()},
        criterion=nn.CrossEntropyLoss,
    ).initialize()

    def train():
        for inputs, targets in loader:
            net.train_step((inputs, targets))

    return train


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    with recorded("network input", parser.parse_args().write_docs):
        run()


def run():
    data = load_dataset("classification")
    channels = list(data.channels)
    scaler = CurveScaler()
    scaled = scaler.fit_transform(data.array(channels)[:N_CYCLES])
    subjects = data.cycles["subject"].to_numpy()[:N_CYCLES]
    labels = data.cycles["task"].astype("category").cat.codes.to_numpy()[:N_CYCLES]
    cycles = TrainingCycles(scaled, scaler, subjects, channels)
    augmentation = AugmentationChain([SideSwap(), PhaseJitter(), MagnitudeWarp(), StrideNoise()])
    augmentation.fit(cycles)
    tensors = CycleTensors(scaled._asdict(), labels.astype("int64"))
    loader = CycleLoader(tensors, BATCH_SIZE, shuffle=True, augmentation=augmentation)

    ways = {"input": lambda: sum(len(targets) for _, targets in loader)}
    for name, network in NETWORKS.items():
        ways[name] = epoch_of(network, tensors, loader, {})
    ways["two_leg"] = epoch_of(TwoLegNetwork, tensors, loader, {"channels": channels})
    seconds = median_seconds_in_turns(ways, rounds=3)
    input_s = seconds.pop("input")
    threads = torch.get_num_threads()
    print(
        f"{N_CYCLES} cycles of {len(channels)} channels, batches of {BATCH_SIZE}, {threads} threads"
    )
    print(f"input alone: {input_s / N_CYCLES * 1e6:.0f} µs a cycle")
    for name, whole in seconds.items():
        share = 1 - input_s / whole
        verdict = "" if share >= AIM else f"   below {AIM:.0%}"
        print(
            f"  {name:<12} {whole / N_CYCLES * 1e6:7.0f} µs a cycle   model {share:6.1%}{verdict}"
        )


if __name__ == "__main__":
    main()
