// Keys of the review page, and one answer for each page: it works without this file.
"use strict";
const note = document.querySelector("textarea");
let sent = false;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === note) note.blur();
  // a key that is held down does not answer the next item
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  const button = [...document.querySelectorAll("button[data-key]")].find((each) => each.dataset.key === event.key);
  if (button) button.click();
  else if (event.key === "n" && note) { event.preventDefault(); note.focus(); }
});
// a note that is not sent outlives a reload, and a restart of the studio, in this tab
if (note) {
  const fields = new FormData(note.form);
  const key = JSON.stringify(["note", ...["sample", "item", "reviewer"].map((name) => fields.get(name))]);
  const saved = note.defaultValue;
  const draft = JSON.parse(sessionStorage.getItem(key) ?? "null");
  // once it was sent, what is saved is no longer what it was written over
  if (draft && draft.over === saved) note.value = draft.text;
  note.addEventListener("input", () => sessionStorage.setItem(key, JSON.stringify({ over: saved, text: note.value })));
}
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (sent) event.preventDefault();
  sent = true;
});
// a page that comes back from the browser's memory can be answered again
window.addEventListener("pageshow", () => { sent = false; });
