// The segment builder. The server draws every row; this keeps the history, the count and the saving.
(() => {
  const form = document.getElementById("builder");
  const draft = () => document.getElementById("draft");
  const rows = () => document.getElementById("rows");
  const say = (words) => { document.getElementById("announcer").textContent = words; };

  // --- History: every state of the conditions, the name, the description and the switch, kept over a reload.
  const FIELDS = ["id_name", "id_description", "id_include_visitors"].map((id) => document.getElementById(id));
  const visitors = document.getElementById("id_include_visitors");
  const said = (field) => (field.type === "checkbox" ? field.checked : field.value);
  const state = () => JSON.stringify([draft().value, ...FIELDS.map(said)]);
  const place = `builder:${location.pathname}${location.search}`;
  const kept = JSON.parse(sessionStorage.getItem(place) || "null");
  // As the page came: a browser that goes back fills in again what was typed.
  const named = FIELDS.map((field) => (field.type === "checkbox" ? field.defaultChecked : field.defaultValue));
  const began = JSON.stringify([draft().value, ...named]);
  const saved = JSON.stringify([form.dataset.saved, ...named]);
  const history = kept && kept.saved === saved ? kept : { saved, states: [began], at: 0 };
  let travelling = false;
  let lastControl = "";
  let leaving = false;
  const isChanged = () => state() !== saved;

  const remember = () => {
    const now = state();
    if (now === history.states[history.at]) return;
    const focused = document.activeElement;
    const control = focused?.matches(".typed, #id_name, #id_description") ? focused.id : "";
    const goesOn = control && control === lastControl && history.at > 0;
    history.states.splice(goesOn ? history.at : history.at + 1);
    history.states.push(now);
    if (history.states.length > 100) history.states.shift();
    history.at = history.states.length - 1;
    lastControl = control;
    keep();
  };
  const keep = () => {
    try { sessionStorage.setItem(place, JSON.stringify(history)); } catch { /* full: undo still works on this page */ }
    document.getElementById("undo").disabled = history.at === 0;
    document.getElementById("redo").disabled = history.at >= history.states.length - 1;
  };
  const travel = (by, words) => {
    const wanted = history.states[history.at + by];
    if (wanted === undefined) return;
    history.at += by;
    lastControl = "";
    restore(wanted);
    say(words);
  };
  const restore = (wanted) => {
    const [conditions, ...fields] = JSON.parse(wanted);
    const counts = fields[FIELDS.indexOf(visitors)] !== visitors.checked;
    FIELDS.forEach((field, index) => { field[field.type === "checkbox" ? "checked" : "value"] = fields[index]; });
    keep();
    if (conditions === draft().value) {
      if (counts) count();
      return;
    }
    travelling = true;
    if (document.activeElement?.closest("#rows")) document.activeElement.blur();
    draft().value = conditions;
    if (counts) counted = "";
    send({ restored: "1" });
  };
  FIELDS.forEach((field) => field.addEventListener("input", remember));

  // --- Actions: what a button asks goes with everything that is filled in.
  const send = (extra) => htmx.ajax("POST", form.dataset.rows, { source: "#rows", target: "#rows", swap: "morph", values: extra });
  const { show, drag } = kindred.conditions({ rows: "#rows", send, picker: form.dataset.picker, values: form.dataset.values });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "rows") {
      travelling ? (travelling = false) : remember();
      if (rows().dataset.shown) show(rows().dataset.shown);
      rows().dataset.shown = "";
      drag();
      if (rows().dataset.counted !== counted) count();
    }
    if (event.detail.target?.id === "rail") number();
    if (event.detail.target?.id === "saving-inside") document.getElementById("saving-title")?.focus();
  });

  // --- The count beside the rows: the old numbers stay, greyed, until the new ones are there.
  let counted = rows().dataset.counted;
  const count = () => {
    counted = rows().dataset.counted;
    form.classList.add("is-counting");
    document.body.dispatchEvent(new Event("count"));
  };
  const number = () => {
    if (document.getElementById("rail").dataset.counted !== rows().dataset.counted) return; // the next one is on its way
    form.classList.remove("is-counting");
    const left = JSON.parse(document.getElementById("rail").dataset.left || "{}");
    document.querySelectorAll(".cond-left").forEach((place) => {
      const [shown, meaning] = left[place.dataset.left] || ["", ""];
      place.textContent = shown;
      place.title = meaning;
    });
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("#undo")) travel(-1, form.dataset.undone);
    if (event.target.closest("#redo")) travel(1, form.dataset.redone);
    const toggle = event.target.closest("#rail-toggle");
    if (toggle) toggle.setAttribute("aria-expanded", String(document.getElementById("aside").classList.toggle("is-open")));
    if (event.target.closest("#save")) save(event);
    if (event.target.closest("[data-final]")) { leaving = true; sessionStorage.removeItem(place); }
  });

  document.addEventListener("keydown", (event) => {
    // Enter in a name saves: by itself the browser would press the first button of the form, which only counts.
    if (event.key === "Enter" && event.target.matches("#saving input, .builder-names input")) {
      event.preventDefault();
      const button = { "saving-new-name": "#saving [name=as_new]", "saving-name": "#saving [data-final]:not([name])" }[event.target.id];
      document.querySelector(button || "#save")?.click();
    }
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("dialog")) return;
    const key = event.key.toLowerCase();
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (!isRedo && key !== "z") return;
    event.preventDefault();
    travel(isRedo ? 1 : -1, isRedo ? form.dataset.redone : form.dataset.undone);
  });

  // --- Saving tells first what it changes.
  const save = async (event) => {
    event.preventDefault();
    const url = event.target.closest("#save").dataset.saving;
    await htmx.ajax("POST", url, { source: "#save", target: "#saving-inside", swap: "innerHTML", values: htmx.values(form, "post") });
    const box = document.getElementById("saving");
    if (!box.open) box.showModal();
    box.querySelector("#saving-name, [data-final]:not([name])")?.focus();
  };
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("beforeunload", (event) => { if (isChanged() && !leaving) event.preventDefault(); });

  // --- Begin: with the changes that a reload, or Back, would have lost.
  drag();
  keep();
  if (history.states[history.at] !== began) {
    restore(history.states[history.at]);
    const offer = document.createElement("div");
    offer.className = "alert alert-info builder-kept";
    const words = document.createElement("span");
    words.textContent = form.dataset.kept;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-sm";
    again.textContent = form.dataset.back;
    again.addEventListener("click", () => { history.states.push(began); history.at = history.states.length - 1; restore(began); offer.remove(); });
    offer.append(words, again);
    document.querySelector(".builder-main").prepend(offer);
  }
})();
