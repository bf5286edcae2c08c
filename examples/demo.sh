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
say python "examples/digits.py" digits.yaml --variant small --seconds 15 --export digits.onnx
python "$here/digits.py" digits.yaml --variant small --seconds 15 --export digits.onnx
