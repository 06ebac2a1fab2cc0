"""Real or simulated? Classifiers told curves of healthy people, judged on people they never saw.

    python benchmarks/real_or_simulated.py FOLDER                # prints
    python benchmarks/real_or_simulated.py FOLDER --write-docs   # and writes its part of
                                                                 # docs/reference/realism.md

FOLDER has the recordings: hip_oa_phase.parquet, the mean curves of the hips of Bertaux et al. 2022
converted with docs/maps/hip_oa.yaml (hips that walk, right legs: the left are stored in the phase
of the right), and running_phase.parquet, the runners of Fukuchi et al. converted with
docs/maps/running.yaml. As many people are simulated as were recorded, and their curves taken alike.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measured_page import DOCS, machine, write_part
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import resample_curves

sys.path.append(str(Path(__file__).resolve().parents[1]))  # revalidation/ is no part of the package
