// Ctrl+K finds everything, "?" lists the shortcuts, "/" goes to the search of a list.
(() => {
  const palette = document.getElementById("palette");
  const shortcuts = document.getElementById("shortcuts");
  if (!palette) return;
  const input = palette.querySelector("input");
  const hits = () => [...palette.querySelectorAll("a[role=option]")];

  const choose = (hit) => {
    hits().forEach((one) => one.setAttribute("aria-selected", String(one === hit)));
    if (!hit) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.value = "";
    htmx.trigger(input, "palette");
  };
  palette.addEventListener("htmx:afterSwap", () => choose(hits()[0]));
  input.addEventListener("keydown", (event) => {
    const all = hits();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: event.ctrlKey ? 0 : null, End: event.ctrlKey ? -1 : null }[event.key];
    if (to != null && all.length) { event.preventDefault(); choose(all.at(to % all.length)); }
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); all[at].click(); }
  });
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  shortcuts.addEventListener("click", (event) => { if (event.target === shortcuts) shortcuts.close(); });
  document.querySelectorAll("[data-palette]").forEach((link) => link.addEventListener("click", (event) => { event.preventDefault(); open(); }));

  const own = document.getElementById("page-shortcuts");
  if (own) shortcuts.querySelector("dl").append(own.content.cloneNode(true));

  const isWriting = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") { event.preventDefault(); open(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (event.key === "?" && !shortcuts.open) { event.preventDefault(); shortcuts.showModal(); }
    const search = document.querySelector("main [type=search]");
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
  });
})();
