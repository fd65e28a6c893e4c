// The calendar's letters: P and N leaf, T goes to today, M and W choose how much. They press what stands on the page.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog[open]")) return;
  if (/^[a-z]$/i.test(event.key)) document.querySelector(`#calendar [data-key="${event.key.toLowerCase()}"]`)?.click();
});
