#!/usr/bin/env bash
# The cluster runner for real: Debian's PyTorch, two gloo processes, one of them killed on the way.
# The TypeScript must be compiled (npm run build). LTBC_PLACES_VAL may name a zip with a folder of
# pictures per class to train on; without it the pictures are generated.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! /usr/bin/python3 -c 'import torch, numpy, onnx, PIL' 2>/dev/null; then
  apt-get update -qq
  # OpenBLAS takes the place of the slow reference BLAS that python3-torch would bring.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    libopenblas0-pthread python3-torch python3-numpy python3-onnx python3-pil >/dev/null
fi

/usr/bin/python3 cluster/tests
