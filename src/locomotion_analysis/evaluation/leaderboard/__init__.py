"""Models compared on the same people, and the best of them trained and written down."""

from locomotion_analysis.evaluation.leaderboard.board import Entry, Leaderboard
from locomotion_analysis.evaluation.leaderboard.compare import leaderboard
from locomotion_analysis.evaluation.leaderboard.training import TrainingRun, train

__all__ = ["Entry", "Leaderboard", "TrainingRun", "leaderboard", "train"]
