// Finds a segment or list among the boxes, by what is typed.
(() => {
  document.addEventListener("input", (event) => {
    const find = event.target.closest("[data-pick-find]");
    if (!find) return;
    const pick = find.closest("[data-pick]");
    const words = find.value.trim().toLowerCase();
    let shown = 0;
    for (const label of pick.querySelectorAll(".pick-list label")) {
      const fits = label.textContent.toLowerCase().includes(words);
      label.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    pick.querySelector("[data-pick-none]").hidden = shown > 0;
  });
})();
