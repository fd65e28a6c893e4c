// Simulate: lights the way that the drawer tells on the canvas, numbers and all, for as long as the drawer shows it.
(() => {
  const place = document.getElementById("drawer-place");
  const canvas = document.getElementById("canvas");
  if (!place || !canvas) return;
  const panel = () => place.querySelector("#drawer[data-simulates]:not([hidden])");
  const dim = () => {
    canvas.querySelectorAll(".on-way").forEach((node) => node.classList.remove("on-way", "way-last"));
    canvas.querySelectorAll(".way-badge").forEach((badge) => badge.remove());
  };
  const light = () => {
    dim();
    const passed = [...(panel()?.querySelectorAll("[data-passes]") || [])];
    const numbers = new Map();
    if (passed.length) numbers.set("trigger", []);
    passed.forEach((line, at) => {
      const name = line.dataset.passes;
      numbers.set(name, [...(numbers.get(name) || []), at + 1]);
    });
    numbers.forEach((visits, name) => {
      const node = canvas.querySelector(`.node[data-node="${CSS.escape(name)}"]`);
      if (!node) return;
      node.classList.add("on-way");
      node.classList.toggle("way-last", name === passed.at(-1).dataset.passes);
      if (!visits.length) return;
      const badge = document.createElement("span");
      badge.className = "way-badge";
      badge.setAttribute("aria-hidden", "true"); // the drawer says the same in order
      badge.textContent = visits.length > 3 ? `${visits.slice(0, 3).join(", ")} …` : visits.join(", ");
      node.append(badge);
    });
  };
  // The address names the person only while their way is shown.
  const forget = () => {
    const address = new URL(location.href);
    if (panel() || !address.searchParams.has("simulate")) return;
    address.searchParams.delete("simulate");
    address.searchParams.delete("choose");
    history.replaceState(history.state, "", address);
  };
  // Closed, it leaves the keyboard where it was opened; anew, it is read on from where one was.
  let isShown = Boolean(panel());
  let scrolled = 0;
  const look = () => {
    light();
    forget();
    if (isShown && place.querySelector("#drawer")?.hidden) document.getElementById("simulate")?.focus({ preventScroll: true });
    isShown = Boolean(panel());
  };
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target === place) scrolled = panel()?.querySelector(".drawer-body").scrollTop || 0;
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target === place && panel()) panel().querySelector(".drawer-body").scrollTop = scrolled;
  });
  new MutationObserver(look).observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
  // The canvas is drawn anew: by an edit, then the way may be another one, or with the numbers of now.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target?.id !== "canvas-zoom") return;
    light();
    if (panel() && detail.requestConfig?.verb === "post") {
      htmx.ajax("GET", `${panel().dataset.simulates}&still=1`, { source: canvas, target: "#drawer-place", swap: "innerHTML" });
    }
  });
  light();
})();
