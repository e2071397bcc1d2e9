#!/usr/bin/env bash
# The pictures of rounds: with `make dev` running on a line of two rounds or more that stopped in its second,
# run docs/images/rounds.sh LINE (needs chromium).
set -euo pipefail
cd "$(dirname "$0")"
take() {
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$3" \
		--virtual-time-budget=25000 --screenshot="$1.png" "http://127.0.0.1:${PORT:-3000}/$2"
}
take rounds-groups asset-groups 1600,800
take rounds-verdict "assets/$1/round_02/verdict" 1600,1700
