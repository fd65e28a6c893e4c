// The segment builder. The server draws every row; this keeps the place, the history and the picker.
(() => {
  const form = document.getElementById("builder");
  const draft = () => document.getElementById("draft");
  const rows = () => document.getElementById("rows");
  const say = (words) => { document.getElementById("announcer").textContent = words; };

  // --- Swaps: rows keep their elements, so focus, open menus and half-typed words stay where they are.
  const rules = {
    beforeNodeMorphed(before, after) {
      if (before.nodeType !== 1) return true;
      if (before.matches("datalist") && before.childElementCount) return false;
      if (before.matches(".cond-left")) { before.dataset.left = after.dataset.left; return false; }
      if (before === document.activeElement && before.matches(".chip-input") && before.value === before.dataset.posted) before.value = "";
      return true;
    },
  };
  htmx.defineExtension("morph-rows", {
    isInlineSwap: (style) => style === "morph",
    handleSwap: (style, target, fragment) => style === "morph" && Idiomorph.morph(target, fragment.firstElementChild, {
      morphStyle: "outerHTML", ignoreActiveValue: true, callbacks: rules,
    }),
  });

  // --- History: every state of the conditions, kept over a reload.
  const place = `builder:${location.pathname}${location.search}`;
  const kept = JSON.parse(sessionStorage.getItem(place) || "null");
  const began = draft().value;
  const history = kept && kept.saved === form.dataset.saved ? kept : { saved: form.dataset.saved, states: [began], at: 0 };
  let travelling = false;
  let lastControl = "";
  let leaving = false;
  const names = () => ["id_name", "id_description", "id_include_visitors"].map((id) => {
    const field = document.getElementById(id);
    return field.type === "checkbox" ? field.checked : field.value;
  }).join("\n");
  const namesBegan = names();
  const isChanged = () => draft().value !== form.dataset.saved || names() !== namesBegan;

  const remember = () => {
    const now = draft().value;
    if (now === history.states[history.at]) return;
    const control = document.activeElement?.matches(".typed") ? document.activeElement.id : "";
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
    const state = history.states[history.at + by];
    if (state === undefined) return;
    history.at += by;
    lastControl = "";
    restore(state);
    say(words);
  };
  const restore = (state) => {
    travelling = true;
    if (document.activeElement?.closest("#rows")) document.activeElement.blur();
    draft().value = state;
    send({ restored: "1" });
    keep();
  };

  // --- Actions: what a button asks goes with everything that is filled in.
  const send = (extra) => htmx.ajax("POST", form.dataset.rows, { source: "#rows", target: "#rows", swap: "morph", values: extra });

  // What was just added is looked at: at what it lacks, or else at its first control.
  const show = (id) => {
    const node = document.getElementById(id);
    const field = node?.querySelector("[aria-invalid]") || node?.querySelector(".cond-field, .chip-input, .cond-check input") || node?.querySelector(".cond-subject");
    (document.getElementById(`${id}-property`) || field || document.getElementById(`${id}-add`))?.focus();
  };

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
    document.querySelectorAll(".cond-left").forEach((place) => { place.textContent = left[place.dataset.left] || ""; });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#rows button[name=action]");
    if (button) {
      event.preventDefault();
      const menu = button.closest("[popover]");
      if (menu) { menu.hidePopover(); document.querySelector(`[popovertarget="${menu.id}"]`)?.focus(); }
      send({ action: button.value });
      return;
    }
    const pick = event.target.closest("[data-pick]");
    if (pick) open(pick);
    if (event.target.closest("#undo")) travel(-1, form.dataset.undone);
    if (event.target.closest("#redo")) travel(1, form.dataset.redone);
    const toggle = event.target.closest("#rail-toggle");
    if (toggle) toggle.setAttribute("aria-expanded", String(document.getElementById("aside").classList.toggle("is-open")));
    if (event.target.closest("#save")) save(event);
    if (event.target.closest("[data-final]")) { leaving = true; sessionStorage.removeItem(place); }
  });

  document.addEventListener("keydown", (event) => {
    const isField = event.target.matches("#rows input");
    if (event.key === "Enter" && isField) {
      event.preventDefault();
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
    // Enter in a name saves: by itself the browser would press the first button of the form, which only counts.
    if (event.key === "Enter" && event.target.matches("#saving input, .builder-names input")) {
      event.preventDefault();
      const button = { "saving-new-name": "#saving [name=as_new]", "saving-name": "#saving [data-final]:not([name])" }[event.target.id];
      document.querySelector(button || "#save")?.click();
    }
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("dialog, .builder-names")) return;
    const key = event.key.toLowerCase();
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (!isRedo && key !== "z") return;
    event.preventDefault();
    travel(isRedo ? 1 : -1, isRedo ? form.dataset.redone : form.dataset.undone);
  });

  document.addEventListener("change", (event) => {
    if (event instanceof CustomEvent) { event.stopPropagation(); return; } // Sortable's own: nothing was filled in
    if (event.target.matches(".chip-input")) event.target.dataset.posted = event.target.value;
  }, true);

  // --- Known values are asked for when somebody is about to fill one in.
  document.addEventListener("focusin", async (event) => {
    const list = event.target.dataset?.suggest && document.getElementById(`${event.target.id}-known`);
    if (!list || list.dataset.of === event.target.dataset.suggest) return;
    list.dataset.of = event.target.dataset.suggest;
    const answer = await fetch(`${form.dataset.values}?${event.target.dataset.suggest}`, { headers: { "HX-Request": "true" } });
    if (answer.ok) list.innerHTML = await answer.text();
  });

  // --- Dragging; the Move menu does the same without a mouse.
  const drag = () => document.querySelectorAll(".box-rows").forEach((list) => {
    if (Sortable.get(list)) return;
    Sortable.create(list, {
      group: "rows", handle: ".cond-handle", animation: 120, fallbackOnBody: true, swapThreshold: 0.6, emptyInsertThreshold: 12,
      onEnd: (event) => {
        if (event.from === event.to && event.oldIndex === event.newIndex) return;
        send({ action: `place:${event.item.dataset.node}:${event.to.dataset.group}:${event.newIndex}` });
      },
    });
  });

  // --- The picker: one searchable list over everything that can be asked.
  const dialog = document.getElementById("pick");
  const search = document.getElementById("pick-search");
  const list = document.getElementById("pick-list");
  const RECENT = "builder:recent";
  let asked = "";
  let opener = null;
  let active = null;

  const open = async (button) => {
    asked = button.dataset.pick;
    opener = button.id;
    if (!list.childElementCount) await htmx.ajax("GET", form.dataset.picker, { target: "#pick-list", swap: "innerHTML" });
    recents();
    search.value = "";
    find();
    dialog.showModal();
    search.focus();
  };
  const recents = () => {
    const group = document.getElementById("pick-recents");
    group.querySelectorAll(".pick-item").forEach((item) => item.remove());
    const nodes = JSON.parse(localStorage.getItem(RECENT) || "[]");
    nodes.forEach((node, index) => {
      const item = [...list.querySelectorAll(".pick-item")].find((one) => one.dataset.node === node && !group.contains(one));
      if (!item) return;
      const twin = item.cloneNode(true);
      twin.id = `pick-recent-${index}`;
      group.append(twin);
    });
  };
  const find = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const shown = [];
    list.querySelectorAll(".pick-group").forEach((group) => {
      const isRecent = group.id === "pick-recents";
      let any = false;
      group.querySelectorAll(".pick-item").forEach((item) => {
        item.hidden = (isRecent && words.length > 0) || !words.every((word) => item.dataset.words.includes(word));
        if (!item.hidden) { any = true; shown.push(item); }
      });
      group.hidden = !any;
    });
    document.getElementById("pick-none").hidden = shown.length > 0;
    search.setAttribute("aria-expanded", String(shown.length > 0));
    // What begins with the word, or has it in its name, comes first to hand.
    const named = (item) => item.querySelector(".pick-label").textContent.toLowerCase();
    const best = words.length && (shown.find((item) => named(item).startsWith(words[0])) || shown.find((item) => named(item).includes(words[0])));
    choose(best || shown[0] || null);
  };
  const choose = (item) => {
    active?.setAttribute("aria-selected", "false");
    active = item;
    if (!item) { search.removeAttribute("aria-activedescendant"); return; }
    item.setAttribute("aria-selected", "true");
    search.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };
  const take = (item) => {
    if (!item) return;
    const node = item.dataset.node;
    const nodes = JSON.parse(localStorage.getItem(RECENT) || "[]").filter((one) => one !== node);
    localStorage.setItem(RECENT, JSON.stringify([node, ...nodes].slice(0, 5)));
    dialog.close();
    send({ action: asked, node });
  };
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll(".pick-item:not([hidden])")].filter((item) => !item.closest("[hidden]"));
    const at = items.indexOf(active);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined && items.length) {
      event.preventDefault();
      choose(items[event.key.startsWith("Page") ? Math.max(0, Math.min(items.length - 1, to)) : (to + items.length) % items.length]);
    }
    if (event.key === "Enter") { event.preventDefault(); take(active); }
  });
  list.addEventListener("click", (event) => take(event.target.closest(".pick-item")));
  list.addEventListener("pointermove", (event) => { const item = event.target.closest(".pick-item"); if (item && item !== active) choose(item); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => document.getElementById(opener)?.focus());

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
