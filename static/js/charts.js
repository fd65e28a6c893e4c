// Draws figures that the server made. Plotly itself is fetched when the first chart is on the page.
(() => {
  const library = document.currentScript.dataset.plotly;
  const narrow = window.matchMedia("(max-width: 575.98px)");
  let plotly;

  const load = () => {
    plotly ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => resolve(window.Plotly);
      script.onerror = reject;
      document.head.append(script);
    });
    return plotly;
  };

  // Plotly knows no CSS variables: "var(--x)" becomes the colour that it stands for now.
  const painter = (holder) => {
    const probe = document.createElement("span");
    probe.hidden = true;
    holder.append(probe);
    const known = new Map();
    const colour = (name) => {
      if (!known.has(name)) {
        probe.style.color = name;
        known.set(name, getComputedStyle(probe).color);
      }
      return known.get(name);
    };
    const paint = (value) => {
      if (typeof value === "string") return value.startsWith("var(--") ? colour(value) : value;
      if (Array.isArray(value)) return value.map(paint);
      if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, paint(one)]));
      return value;
    };
    return { paint, done: () => probe.remove() };
  };

  const tell = (holder, name, detail) => holder.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));

  const draw = async (holder) => {
    const Plotly = await load();
    if (!holder.isConnected) return;
    const { data, layout } = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
    const brush = painter(holder);
    const wanted = { ...layout, font: { ...layout.font, family: getComputedStyle(document.body).fontFamily }, autosize: true };
    if (holder.dataset.drag !== undefined) Object.assign(wanted, {
      dragmode: narrow.matches ? false : "select", // a finger scrolls the page
      selectdirection: "h",
      newselection: { line: { color: "var(--chart-1)", width: 1, dash: "solid" } },
      activeselection: { fillcolor: "var(--chart-1)", opacity: 0.1 },
    });
    const painted = [brush.paint(data), brush.paint(wanted)];
    brush.done();
    const first = !holder.classList.contains("chart-drawn");
    holder.classList.add("chart-drawn");
    await Plotly.react(holder, ...painted, { displayModeBar: false, responsive: true, doubleClick: false, showTips: false, showAxisDragHandles: false });
    if (!first) return;
    holder.on("plotly_click", (event) => tell(holder, "chart:mark", { point: event.points[0]?.customdata, x: event.points[0]?.x, picture: holder }));
    holder.on("plotly_selected", (chosen) => {
      if (!chosen?.range?.x) return;
      Plotly.restyle(holder, { selectedpoints: null }); // choosing a range pales nothing
      const [from, until] = [...chosen.range.x].sort();
      tell(holder, "chart:range", { from, until });
    });
  };

  const all = (root) => {
    const within = [...root.querySelectorAll("[data-chart]")];
    if (root.matches?.("[data-chart]")) within.push(root);
    within.forEach(draw);
  };

  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) all(event.target); });
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target.classList?.contains("chart-drawn")) window.Plotly.purge(event.target);
  });
  new MutationObserver(() => document.querySelectorAll(".chart-drawn").forEach(draw))
    .observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  all(document);
})();
