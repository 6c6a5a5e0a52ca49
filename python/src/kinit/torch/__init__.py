"""kinit for PyTorch.

    init           the functions of torch.nn.init, and variance_scaling_, lecun_normal_, lecun_uniform_
    accelerate     makes torch's own functions run on kinit, in code that knows nothing of kinit
    init_module_   initialises a module anew: the same weights whatever the order of construction

seed alone gives every tensor the same first numbers: init's functions take a name as well, and init_module_ and accelerate
give each tensor a stream of its own.

All of them fill DTensors too: each process its own shard, and all together what one process would have.

SPDX-License-Identifier: Apache-2.0
"""

from . import init
from .mode import Stats, accelerate
from .module import Report, init_module_

__all__ = ["Report", "Stats", "accelerate", "init", "init_module_"]
