#!/usr/bin/env bash
# The studio's pictures, of a state that `make demo` made (needs chromium).
set -euo pipefail
cd "$(dirname "$0")"
address=$(mktemp)
../../.venv/bin/trimtab studio --port 0 --no-browser >"$address" &
studio=$!
trap 'kill "$studio"; rm -f "$address"' EXIT
until grep -q token "$address"; do sleep 0.2; done
root=$(sed -n 's|.*\(http://[^ ]*\)/?token=.*|\1|p' "$address")
token=$(sed -n 's|.*?token=\([^ ]*\).*|\1|p' "$address")
take() {
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$3" \
		--virtual-time-budget=10000 --screenshot="$1.png" "$root/$2token=$token"
}
take studio-pairs 'pairs/preference_pairs?label=a&' 1280,1000
take studio-version 'version/preference_pairs?' 1280,900
take studio-revisions 'revisions/cai_revisions?' 1280,720
take studio-samples 'samples/candidates?accepted=rejected&' 1280,560
take studio-steps 'steps/step_labels?error=later&' 1280,640
take studio-distributions 'distributions/preference_pairs?' 1060,1180
