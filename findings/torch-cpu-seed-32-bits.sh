#!/usr/bin/env bash
# torch 2.13.0: on the CPU, seeds that are equal in their low 32 bits give the same random numbers.
#
# torch.manual_seed and Generator.manual_seed take 64 bits, and initial_seed() returns all 64, but the Mersenne Twister of
# the CPU is initialised from the low 32. Jobs that make a seed of a hash or of (rank << 32) + seed get the same weights
# on each rank. No warning is given.
#
# Output seen:  seed 1 and seed 2^32 + 1: equal numbers True, initial seeds 1 and 4294967297
#
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0
output=$(cd "$folder" && "$folder/venv/bin/python" 2>"$folder/log" - <<'PYTHON'
import torch

a, b = (torch.Generator().manual_seed(seed) for seed in (1, 2**32 + 1))
equal = torch.equal(torch.randn(1000, generator=a), torch.randn(1000, generator=b))
print(f"seed 1 and seed 2^32 + 1: equal numbers {equal}, initial seeds {a.initial_seed()} and {b.initial_seed()}")
PYTHON
) || { cat "$folder/log"; exit 1; }
echo "$output"
[ "$output" = "seed 1 and seed 2^32 + 1: equal numbers True, initial seeds 1 and 4294967297" ]
