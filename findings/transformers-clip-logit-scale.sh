#!/usr/bin/env bash
# transformers 5.24.0: init_weights of a CLIPModel that comes from meta leaves logit_scale as the memory was.
#
# Since version 5 _init_weights computes again what constructors compute, buffers too, so that to_empty and init_weights
# give a whole model. logit_scale, a parameter that the constructor alone sets (to 2.6592), is not among it; its exp
# scales all logits. No warning is given.
#
# Output seen:  CLIPModel: 77.0, not 2.6592 as configured; other parameters left: 0
#
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 transformers==5.24.0
output=$(cd "$folder" && HF_HUB_OFFLINE=1 "$folder/venv/bin/python" 2>"$folder/log" - <<'PYTHON'
import torch
from transformers import CLIPConfig, CLIPModel

sizes = dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
config = CLIPConfig(text_config=dict(sizes, vocab_size=100, bos_token_id=0, eos_token_id=1, pad_token_id=2), vision_config=sizes)
with torch.device("meta"):
    model = CLIPModel(config)
model.to_empty(device="cpu")
for parameter in model.parameters():
    parameter.data.fill_(77.0)
model.init_weights()
others = sum(bool((p == 77.0).any()) for name, p in model.named_parameters() if name != "logit_scale")
scale = model.logit_scale.item()
print(f"CLIPModel: {scale}, not {config.logit_scale_init_value} as configured; other parameters left: {others}")
PYTHON
) || { cat "$folder/log"; exit 1; }
echo "$output"
[ "$output" = "CLIPModel: 77.0, not 2.6592 as configured; other parameters left: 0" ]
