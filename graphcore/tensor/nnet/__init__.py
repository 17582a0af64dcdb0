"""Neural networks: Theano's name of the package."""

from graphcore.tensor.nnet import abstract_conv, bn, conv, conv3d2d, neighbours, nnet, sigm
from graphcore.tensor.nnet.abstract_conv import (
    conv2d,
    conv2d_transpose,
    conv3d,
    separable_conv2d,
)
from graphcore.tensor.nnet.bn import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)
from graphcore.tensor.nnet.nnet import *  # noqa: F403

__all__ = [
    "abstract_conv", "batch_normalization", "batch_normalization_test",
    "batch_normalization_train", "bn", "conv", "conv2d", "conv2d_transpose", "conv3d", "conv3d2d",
    "neighbours", "separable_conv2d", "sigm", *nnet.__all__,
]  # fmt: skip
