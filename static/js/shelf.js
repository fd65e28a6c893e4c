// Lists of things with a name: tick all, say how many are ticked. Showing the bar of actions is CSS.
(() => {
  const boxes = () => [...document.querySelectorAll("#shelf tbody [name=ids]")];
  const count = () => {
    const words = document.querySelector("[data-ticked]");
    if (!words) return;
    const ticked = boxes().filter((box) => box.checked).length;
    words.textContent = words.dataset.ticked.replace("NUMBER", ticked);
    const all = document.querySelector("[data-tick-all]");
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && ticked < boxes().length;
    const every = document.querySelector("#shelf [name=all]");
    if (every && !ticked) every.checked = false;
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.closest("#shelf")) count();
  });
  addEventListener("pageshow", count);
})();
