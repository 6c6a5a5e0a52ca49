#!/usr/bin/env bash
# transformers 5.24.0 with torch 2.13.0: init_weights of a GPT-2 that fully_shard has wrapped leaves out the scaled
# projections.
#
# fully_shard gives the model a new class, in a module of torch, so that is_custom_code() is true. Modules without
# parameters of their own then count as initialised before _init_weights sees them: c_proj.weight, which the attention's and
# the MLP's turn would scale, keeps 0.02 in the place of 0.02 / sqrt(2 * 8) = 0.005. No warning is given.
#
# Output seen:  plain 0.005 sharded 0.020
#
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 transformers==5.24.0
output=$(cd "$folder" && HF_HUB_OFFLINE=1 "$folder/venv/bin/python" 2>"$folder/log" - <<'PYTHON'
import os

import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from transformers import GPT2Config, GPT2LMHeadModel

dist.init_process_group("gloo", init_method="file://" + os.path.abspath("store"), rank=0, world_size=1)
mesh = dist.init_device_mesh("cpu", (1,))
config = GPT2Config(n_layer=8, n_embd=256, n_head=4, vocab_size=100, bos_token_id=0, eos_token_id=0)
deviations = []
for sharded in (False, True):
    torch.manual_seed(0)
    with torch.device("meta"):
        model = GPT2LMHeadModel(config)
    if sharded:
        fully_shard(model, mesh=mesh)
    model.to_empty(device="cpu")
    model.init_weights()
    weight = model.transformer.h[0].mlp.c_proj.weight
    deviations.append(float((weight.full_tensor() if sharded else weight).detach().std()))
print("plain {:.3f} sharded {:.3f}".format(*deviations))
dist.destroy_process_group()
PYTHON
) || { cat "$folder/log"; exit 1; }
echo "$output"
[ "$output" = "plain 0.005 sharded 0.020" ]
