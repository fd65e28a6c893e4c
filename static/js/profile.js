// The lifecycle chart and the timeline belong together: a mark scrolls to its moment, a range narrows it.
(() => {
  const home = () => document.getElementById("life-card").dataset.profile;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  const show = (moment) => {
    moment.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
    document.querySelectorAll(".moment-chosen").forEach((one) => one.classList.remove("moment-chosen"));
    moment.classList.add("moment-chosen");
    moment.querySelector("summary").focus({ preventScroll: true });
  };

  const narrowed = async (changes) => {
    const query = new URLSearchParams(location.search);
    ["before", "at", "tab", ...Object.keys(changes)].forEach((name) => query.delete(name));
    Object.entries(changes).forEach(([name, value]) => { if (value) query.set(name, value); });
    const url = `${home()}?${query}`;
    await htmx.ajax("GET", url, { target: "#timeline-card", swap: "outerHTML" });
    history.pushState({ htmx: true }, "", url);
  };

  document.querySelector(".profile-tabs .active")?.scrollIntoView({ inline: "center", block: "nearest" });

  document.addEventListener("chart:mark", async (event) => {
    const place = event.detail.point?.[1];
    if (!place) return;
    const id = `moment-${place.split("-")[1]}`;
    if (!document.getElementById(id)) await narrowed({ at: place, event: "", source: "", from: "", until: "" });
    const moment = document.getElementById(id) ?? document.querySelector("#timeline .moment");
    if (moment) show(moment);
  });

  document.addEventListener("chart:range", async (event) => {
    await narrowed({ from: event.detail.from.slice(0, 10), until: event.detail.until.slice(0, 10) });
    document.getElementById("timeline-card").scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  });
})();
