#!/usr/bin/env bash
# From an empty file to a trained, exported model, one command after the other. Run it with `make demo`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
run() { say "$@"; "$@"; }

run netwright new Digits --kind cnn -o digits.yaml
run cat digits.yaml
run netwright check digits.yaml
run netwright show digits.yaml
run netwright emit digits.yaml -o digits.py
run cat digits.py
run netwright build digits.yaml -o digits --weights
run netwright verify digits.yaml --variant small --quick
sed 's/^model: .*/model: {spec: digits.yaml, variant: small}/' "$here/digits.yaml" > recipe.yaml
run cat recipe.yaml
run netwright train recipe.yaml --out run
run ls run
run netwright export run --to onnx -o digits.onnx
say python -c "(the first digits as digits.npy)"
python -c "import numpy, sklearn.datasets as d; numpy.save('digits.npy', d.load_digits().images[:3, None].astype('f4') / 16)"
run netwright predict digits.onnx digits.npy
run netwright bench digits.yaml --variant small --size H=8,W=8 --strategies eager,optimised,onnx --seconds 1
say python "examples/digits.py" digits.yaml --variant small --seconds 5  # the same in a loop of your own
python "$here/digits.py" digits.yaml --variant small --seconds 5
