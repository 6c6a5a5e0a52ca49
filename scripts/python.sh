# The Python package's environment and tests, for scripts/test --python, which sources this after lib.sh.
#
# Owns: build/venv, and what is installed there. SPDX-License-Identifier: Apache-2.0

venv=$root/build/venv
torch=2.13.0

pip() { "$venv/bin/python" -m pip --disable-pip-version-check -qq "$@"; }

make_environment() {
  "$venv/bin/python" -c '' 2>/dev/null && return
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "python3 is older than Python 3.10"
  say "making a virtual environment in $venv"
  python3 -m venv --clear "$venv" || fail "python3 -m venv fails; Debian has it in python3-venv"
}

# PyTorch without CUDA: from the index that pip is set to, from PyTorch's own, and if there is none the large build of PyPI.
install_torch() {
  "$venv/bin/python" -c "from importlib.metadata import version as v; assert v('torch').split('+')[0] == '$torch'" \
    2>/dev/null && return
  say "installing torch $torch"
  pip install "torch==$torch+cpu" 2>/dev/null ||
    pip install --retries 1 --extra-index-url https://download.pytorch.org/whl/cpu "torch==$torch+cpu" 2>/dev/null ||
    pip install "torch==$torch"
}

# Arguments go to pytest. A process for each processor; the tests of a file stay together, in their order.
test_python() {
  "$root/scripts/setup" python
  make_environment
  install_torch
  say "building the package, and installing what its tests need"
  # Of the kernels of a GPU, where nvcc is, for one architecture: none is there to run them.
  pip install --config-settings=cmake.define.KINIT_CUDA_ARCHITECTURES=75 "$root[test]"
  pip install --no-deps timm==1.0.31 # it wants torchvision, for data sets; its models do without
  # What torchtitan's models import. It wants data sets and dashboards besides.
  pip install --no-deps torchtitan==0.3.0 spmd_types==0.2.3 tyro==1.0.17 docstring_parser==0.18.0
  local report=$root/build/pytest.xml status=0
  rm -f "$report"
  (cd "$root/python" && "$venv/bin/python" -m pytest --numprocesses "$(nproc)" --dist loadfile --junitxml="$report" "$@") || status=$?
  [ ! -e "$report" ] || summarize "$report" >/dev/null # for the totals: pytest has said it
  return $status
}
