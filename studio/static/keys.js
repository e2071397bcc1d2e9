// Moves by keyboard: the pages work without it.
"use strict";
let place = -1;
function entries() { return [...document.querySelectorAll(".entry")]; }
function link(entry) { return entry.querySelector("a.open") || entry.querySelector("a"); }
function go(step) {
  const all = entries();
  if (!all.length) return;
  place = Math.max(0, Math.min(all.length - 1, place + step));
  all[place].scrollIntoView({ block: "nearest" });
  (link(all[place]) || all[place]).focus();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  const search = document.querySelector("input[type=search]");
  const next = document.querySelector("a.next");
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "o" && place >= 0) link(entries()[place])?.click();
  else if (event.key === "n" && next) next.click();
  else if (event.key === "h") location.href = "/";
  else if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
});
