"""Networks on gait curves; plain PyTorch modules."""

from locomotion_analysis.models.deep.networks.attentive_network import AttentiveNetwork
from locomotion_analysis.models.deep.networks.convolutional import ConvolutionalNetwork
from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork, MeasuredCurves
from locomotion_analysis.models.deep.networks.image import SpectrogramNetwork, WaveletNetwork
from locomotion_analysis.models.deep.networks.multi_task import MultiTaskNetwork
from locomotion_analysis.models.deep.networks.recurrent import GRUNetwork, LSTMNetwork
from locomotion_analysis.models.deep.networks.transformer import TransformerNetwork
from locomotion_analysis.models.deep.networks.two_leg import TwoLegNetwork

__all__ = [
    "NETWORKS",
    "AttentiveNetwork",
    "ConvolutionalNetwork",
    "CurveNetwork",
    "GRUNetwork",
    "LSTMNetwork",
    "MeasuredCurves",
    "MultiTaskNetwork",
    "SpectrogramNetwork",
    "TransformerNetwork",
    "TwoLegNetwork",
    "WaveletNetwork",
]

NETWORKS: dict[str, type[CurveNetwork]] = {
    "lstm": LSTMNetwork,
    "gru": GRUNetwork,
    "cnn": ConvolutionalNetwork,
    "spectrogram": SpectrogramNetwork,
    "wavelet": WaveletNetwork,
    "transformer": TransformerNetwork,
}
