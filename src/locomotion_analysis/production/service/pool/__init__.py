"""The worker processes of one model, and the queue in front of them."""

from locomotion_analysis.production.service.pool.pool import Pool
from locomotion_analysis.production.service.pool.waiting import FullError
from locomotion_analysis.production.service.pool.worker_handle import begin_preloading, end_workers

__all__ = ["FullError", "Pool", "begin_preloading", "end_workers"]
