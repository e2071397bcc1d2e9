#!/usr/bin/env bash
# The README's pictures: after `make demo`, with `make dev` running, run docs/images/take.sh (needs chromium).
set -euo pipefail
cd "$(dirname "$0")"
take() {
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$3" \
		--virtual-time-budget=25000 --screenshot="$1.png" "http://127.0.0.1:${PORT:-3000}/$2"
}
take graph asset-groups 1600,1000
take dataset assets/preference_pairs 1600,1400
take model assets/dpo_policy 1600,1400
