#!/usr/bin/env bash
# The picture of a report: run docs/images/report.sh MODEL BASELINE after both are evaluated (needs chromium).
set -euo pipefail
cd "$(dirname "$0")"
page=$(mktemp --suffix=.html)
trap 'rm -f "$page"' EXIT
../../.venv/bin/trimtab report "$1" --against "$2" --out "$page"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="${SIZE:-1280,1600}" \
	--screenshot=report.png "file://$page"
