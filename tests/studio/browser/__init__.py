"""Tests that look at the studio in Chromium; axe.min.js is axe-core 4.14.1 (MPL-2.0, axe.LICENSE)."""
