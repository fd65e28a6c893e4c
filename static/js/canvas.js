// The journey's canvas: choosing, adding, moving, copying, undoing by mouse and by keyboard. The server draws and decides.
(() => {
  const editor = document.getElementById("content");
  const canvas = document.getElementById("canvas");
  if (!canvas) return;
  const base = editor.dataset.editor;
  const canEdit = "canEdit" in editor.dataset;
  const zoomed = document.getElementById("canvas-zoom");
  const drawer = () => document.getElementById("drawer");
  const nodes = () => [...document.querySelectorAll(".node")].filter((node) => node.offsetParent);
  const nodeOf = (name) => document.querySelector(`.node[data-node="${CSS.escape(name)}"]`);
  const selected = () => (drawer().hidden ? "" : drawer().dataset.step || "");
  const typing = (element) => element?.matches?.("input, select, textarea, [contenteditable]");

  // --- Talking to the server: every edit answers with the canvas as it is now. Requests wait for each other, and what
  // they fill are places that are never themselves replaced.
  const post = (verb, values = {}) => htmx.ajax("POST", `${base}${verb}/`, { source: canvas, target: "#canvas-zoom", swap: "innerHTML", values });
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb !== "post") return;
    const range = document.getElementById("range");
    detail.parameters.since = document.getElementById("bar-state").dataset.since;
    if (range) detail.parameters.range = range.value;
    if (detail.elt.id === "step-form" && "reshaping" in detail.elt.dataset) detail.parameters.reshapes = "1";
  });

  // --- The drawer's form. A choice says both "input" and "change": once is enough. A choice that changes the form itself
  // is remembered until it is sent, and from then the old form takes no more answers: the new one would not have them.
  let answering = "";
  const formOf = (element) => element.closest?.("#step-form");
  document.addEventListener("input", (event) => {
    if (formOf(event.target) && event.target.matches("select, [type=checkbox], [type=radio]")) event.stopPropagation();
  }, true);
  document.addEventListener("change", (event) => {
    if (formOf(event.target) && event.target.matches("[data-reshapes]")) formOf(event.target).dataset.reshaping = "";
  }, true);
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (detail.elt.id !== "step-form" || !("reshaping" in detail.elt.dataset)) return;
    if (formOf(document.activeElement)) answering = document.activeElement.id;
    detail.elt.querySelectorAll(":is(input, select, textarea, button):enabled").forEach((field) => { field.disabled = true; field.dataset.held = ""; });
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.elt.id !== "step-form") return;
    delete detail.elt.dataset.reshaping;
    detail.elt.querySelectorAll("[data-held]").forEach((field) => { field.disabled = false; delete field.dataset.held; });
  });
  document.addEventListener("told", ({ detail }) => {
    kindred.announce(detail.words);
    if (detail.kind === "undo") kindred.toast(detail.words, { kind: "success", undo: () => post("undo", { selected: selected(), at: detail.at }) });
    else if (detail.kind === "warning") kindred.toast(detail.words, { kind: "warning" });
  });

  // --- Conditions: rows as the segment builder has them, saved with the form that they stand in.
  const conditions = canEdit && kindred.conditions({
    rows: "#conditions, #details",
    send: (extra) => {
      const form = document.getElementById("step-form");
      return htmx.ajax("POST", form.getAttribute("action"), { source: form, target: "#canvas-zoom", swap: "innerHTML", values: extra });
    },
    picker: `${base}conditions/`,
    values: editor.dataset.values,
  });
  const look = (rows) => {
    const id = rows.dataset.shown;
    if (!id) return;
    rows.dataset.shown = "";
    conditions.show(id);
  };
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (!conditions || detail.target?.id === "pick-list") return;
    conditions.forget(); // the mails of the journey may be others now
    conditions.drag();
    document.querySelectorAll("#conditions, #details").forEach(look);
  });

  // --- What is chosen: one card is marked, and one can be reached by Tab.
  let current = "trigger";
  const unfolded = new Set();
  const unfold = (element) => {
    for (let part = element; part && part !== canvas; part = part.parentElement) {
      if (part.matches(".folded, .folded-way")) open(part.matches(".folded") ? part.parentElement : part);
    }
  };
  const open = (part) => {
    part.classList.add("unfolded");
    unfolded.add(part.matches(".lane") ? part.dataset.lane : part.querySelector(":scope > .lane").dataset.lane);
  };
  const mark = () => {
    const chosen = selected();
    document.querySelectorAll(".node").forEach((node) => {
      const isChosen = node.dataset.node === chosen;
      node.classList.toggle("selected", isChosen);
      const link = node.querySelector(".node-open");
      if (isChosen) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      link.tabIndex = -1;
    });
    (nodeOf(current) || nodeOf("trigger"))?.querySelector(".node-open").setAttribute("tabindex", "0");
  };
  const show = (node, { focus = true } = {}) => {
    unfold(node);
    current = node.dataset.node;
    mark();
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus) node.querySelector(".node-open").focus({ preventScroll: true });
  };
  const choose = (name, { keyboard = false } = {}) => {
    const node = nodeOf(name);
    if (node) { unfold(node); current = name; }
    return htmx.ajax("GET", `${base}step/${encodeURIComponent(name)}/${keyboard ? "?keyboard=1" : ""}`, { source: canvas, target: "#drawer-place", swap: "innerHTML" });
  };
  // What is to be done once the page shows it: requests wait for each other, so that is not when they are made.
  const later = [];
  const once = (ready, then) => later.push([ready, then]);
  // The drawer is only hidden: what was typed last may still be on its way to the server.
  const close = () => {
    const name = selected();
    drawer().hidden = true;
    mark();
    (nodeOf(name) || nodeOf(current))?.querySelector(".node-open").focus({ preventScroll: true });
  };
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll(".lane").forEach((lane) => {
      if (unfolded.has(lane.dataset.lane)) { lane.classList.add("unfolded"); lane.closest(".folded-way")?.classList.add("unfolded"); }
    });
    const panel = drawer();
    if (!panel.hidden && nodeOf(panel.dataset.step || "")) current = panel.dataset.step;
    if (panel.dataset.focuses === "field") {
      delete panel.dataset.focuses;
      const first = panel.querySelector("#step-form :is(input:not([type=hidden]), select, textarea, #people-add)") || panel.querySelector("h2");
      first.focus();
      nodeOf(current)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (answering && document.activeElement === document.body) document.getElementById(answering)?.focus({ preventScroll: true });
    answering = "";
    mark();
    later.splice(0).forEach(([ready, then]) => (ready() ? then() : later.push([ready, then])));
  });

  // --- Adding: one menu for every "+".
  const COPIED = "kindred-copied-step";
  const menu = document.getElementById("add-menu");
  const search = document.getElementById("add-search");
  let slot = "";
  let opener = null;
  const options = () => [...menu.querySelectorAll(".add-option:not([hidden])")];
  const recent = () => { try { return JSON.parse(localStorage.getItem("kindred-recent-steps")) || []; } catch { return []; } };
  const aim = (option) => {
    menu.querySelectorAll(".add-option").forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (option) { search.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else search.removeAttribute("aria-activedescendant");
  };
  const refill = () => {
    const group = menu.querySelector("[data-recent]");
    group.querySelectorAll(".add-option").forEach((one) => one.remove());
    for (const kind of recent().slice(0, 3)) {
      const original = menu.querySelector(`#add-${CSS.escape(kind)}`);
      if (!original) continue;
      const copy = original.cloneNode(true);
      copy.id = `recent-${kind}`;
      group.append(copy);
    }
  };
  const filter = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    menu.querySelectorAll(".add-option").forEach((one) => {
      const says = `${one.textContent} ${one.dataset.words}`.toLowerCase();
      one.hidden = !words.every((word) => says.includes(word)) || (words.length > 0 && one.id.startsWith("recent-"))
        || (one.dataset.kind === "paste" && !localStorage.getItem(COPIED));
    });
    menu.querySelectorAll(".add-group").forEach((group) => { group.hidden = !group.querySelector(".add-option:not([hidden])"); });
    menu.querySelector(".add-none").hidden = options().length > 0;
    const first = options().filter((one) => one.getAttribute("aria-disabled") !== "true");
    aim(first.find((one) => one.dataset.kind !== "paste") || first[0]);
  };
  const offer = (plus) => {
    if (!plus || !canEdit) return;
    slot = plus.dataset.slot;
    opener = plus;
    refill();
    menu.querySelectorAll(".add-option").forEach((one) => {
      const barred = "ends" in one.dataset && !("last" in plus.dataset);
      one.setAttribute("aria-disabled", String(barred));
      one.title = barred ? editor.dataset.lastOnly : "";
    });
    search.value = "";
    filter();
    menu.showPopover();
    const from = plus.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    menu.style.top = `${Math.max(8, Math.min(from.top - 8, innerHeight - size.height - 8))}px`;
    menu.style.left = `${Math.max(8, Math.min(from.right + 8, innerWidth - size.width - 8))}px`;
    search.focus();
  };
  const insert = (option) => {
    if (!option || option.getAttribute("aria-disabled") === "true") return;
    const kind = option.dataset.kind;
    if (kind === "paste") { opener = null; menu.hidePopover(); return void paste({ dataset: { slot } }); }
    try { localStorage.setItem("kindred-recent-steps", JSON.stringify([kind, ...recent().filter((one) => one !== kind)].slice(0, 5))); } catch { /* a private window */ }
    opener = null;
    menu.hidePopover();
    post("add", { slot, kind });
  };
  if (menu) {
    search.addEventListener("input", filter);
    menu.addEventListener("click", (event) => insert(event.target.closest(".add-option")));
    menu.addEventListener("keydown", (event) => {
      const shown = options();
      const at = shown.findIndex((one) => one.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown") aim(shown[Math.min(at + 1, shown.length - 1)]);
      else if (event.key === "ArrowUp") aim(shown[Math.max(at - 1, 0)]);
      else if (event.key === "Enter") insert(shown[at]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    menu.addEventListener("toggle", (event) => {
      if (event.newState === "closed" && opener) {
        const back = nodeOf(current)?.querySelector(".node-open");
        if (document.activeElement === document.body || menu.contains(document.activeElement)) (opener.isConnected ? opener : back)?.focus();
      }
    });
  }
  const plusBehind = (node) => {
    if (node.dataset.node === "trigger") return document.querySelector('.plus[data-slot="start"]');
    return document.querySelector(`.plus[data-slot="after:${CSS.escape(node.dataset.node)}"]`);
  };

  // --- Verbs on the chosen step.
  const copy = () => {
    const json = document.getElementById("step-json")?.dataset.json;
    if (!json) return;
    try { localStorage.setItem(COPIED, json); } catch { return; }
    kindred.toast(editor.dataset.copied, { kind: "success" });
    kindred.announce(editor.dataset.copied);
  };
  const paste = (target) => {
    const copied = localStorage.getItem(COPIED);
    if (!copied) return void kindred.toast(editor.dataset.nothing, { kind: "warning" });
    const node = nodeOf(current) || nodeOf("trigger");
    const plus = target || plusBehind(node);
    if (plus) post("paste", { slot: plus.dataset.slot, copied });
  };
  const remove = async (name) => {
    const stop = nodeOf(name)?.parentElement;
    if (stop?.querySelector(":scope > .fork .node")) {
      const dialog = document.getElementById("dialog");
      await htmx.ajax("GET", `${base}delete/${encodeURIComponent(name)}/`, { target: "#dialog-inside", swap: "innerHTML" });
      if (!dialog.open) dialog.showModal();
      return;
    }
    drop(name, "");
  };
  const drop = (name, keep) => {
    const before = nodes();
    const at = before.indexOf(nodeOf(name));
    current = before[Math.max(0, at - 1)]?.dataset.node || "trigger";
    document.getElementById("dialog").close();
    if (selected() === name) close();
    once(() => !nodeOf(name), () => nodeOf(current)?.querySelector(".node-open").focus({ preventScroll: true }));
    post("delete", { step: name, keep });
  };
  const verbs = {
    up: (name) => post("move", { step: name, way: "up" }),
    down: (name) => post("move", { step: name, way: "down" }),
    move: (name, button) => post("move", { step: name, slot: button.dataset.slot }),
    duplicate: (name) => post("duplicate", { step: name }),
    copy: () => copy(),
    delete: (name) => remove(name),
    write: (name) => post("write", { step: name }),
    undo: (name) => post("undo", { selected: name }),
    redo: (name) => post("redo", { selected: name }),
    discard: () => { if (selected()) close(); return post("discard"); },
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    const verb = target.closest("[data-do]");
    if (verb) { verb.closest("[popover]")?.hidePopover(); verbs[verb.dataset.do](selected(), verb); }
    const plus = target.closest(".plus");
    if (plus && !plus.closest(".dragging-step")) offer(plus);
    const fold = target.closest("[data-unfold]");
    if (fold) open(fold.closest(".folded-way") && !fold.closest(".lane").matches(`[data-lane="${CSS.escape(fold.dataset.unfold)}"]`) ? fold.parentElement : fold.closest(".folded-way:not(.unfolded)") || fold.closest(".lane"));
    const jump = target.closest("[data-jump]");
    if (jump) {
      jump.closest("[popover]")?.hidePopover();
      document.getElementById("dialog").close();
      choose(jump.dataset.jump, { keyboard: true });
    }
    const deletes = target.closest("[data-delete]");
    if (deletes) drop(deletes.dataset.delete, deletes.dataset.keep);
    if (target.closest("[data-close-drawer]")) close();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "step-form" && !event.submitter) event.preventDefault();
  });
  // A chosen step that is edited out of the drawer's sight is still the one that keys speak to.
  document.addEventListener("focusin", (event) => {
    const node = event.target.closest?.(".node");
    if (node) { current = node.dataset.node; mark(); }
  });

  // --- Keys: arrows walk the tree, letters act.
  const centre = (element) => {
    const box = element.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2, ...{ top: box.top, bottom: box.bottom, left: box.left, right: box.right } };
  };
  const cardOf = (stop) => stop?.querySelector(":scope > .node > .node-open") || null;
  const stopsOf = (lane) => [...lane.children].filter((stop) => stop.offsetParent && cardOf(stop));
  const headOf = (lane) => cardOf(stopsOf(lane)[0]) || lane.querySelector(":scope > .stop > .line .plus");
  const waysOf = (stop) => [...(stop?.querySelector(":scope > .fork")?.children || [])];
  const laneOf = (way) => way.querySelector(":scope > .lane");
  const above = (stop) => {
    const lane = stop.closest(".lane");
    const before = lane ? stopsOf(lane).filter((one) => one.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1) : null;
    return cardOf(before || lane?.closest(".way")?.closest(".stop") || (lane ? document.querySelector("#tree > .stop") : null));
  };
  const below = (stop) => {
    const ways = waysOf(stop);
    if (ways.length) return headOf(laneOf(ways[0]));
    if (!stop.closest(".lane")) return headOf(document.querySelector("#tree > .lane"));
    for (let here = stop; here; here = here.closest(".way")?.closest(".stop")) {
      const next = stopsOf(here.parentElement).find((one) => here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
      if (next) return cardOf(next);
    }
    return null;
  };
  const beside = (stop, step) => {
    for (let way = stop.closest(".way"); way; way = way.parentElement.closest(".way")) {
      const next = step > 0 ? way.nextElementSibling : way.previousElementSibling;
      if (next) return headOf(laneOf(next));
    }
    const ways = waysOf(stop);
    return ways.length ? headOf(laneOf(step > 0 ? ways.at(-1) : ways[0])) : null;
  };
  const walk = (from, key) => {
    const stop = from.closest(".stop");
    const to = { ArrowDown: () => below(stop), ArrowUp: () => above(stop), ArrowLeft: () => beside(stop, -1), ArrowRight: () => beside(stop, 1) }[key]();
    if (!to) return;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    const focus = document.activeElement;
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    if (event.key === "Escape") {
      if (drag) return void endDrag(false);
      if (document.querySelector(":popover-open")) return;
      if (!drawer().hidden) { event.preventDefault(); close(); }
      return;
    }
    const command = event.ctrlKey || event.metaKey;
    if (canEdit && command && !typing(focus)) {
      const key = event.key.toLowerCase();
      if (key === "z" && !event.shiftKey) { event.preventDefault(); return void verbs.undo(selected()); }
      if (key === "y" || (key === "z" && event.shiftKey)) { event.preventDefault(); return void verbs.redo(selected()); }
    }
    if (command && event.key.toLowerCase() === "f" && event.shiftKey) { event.preventDefault(); document.getElementById("find").focus(); return; }
    if (!canvas.contains(focus) || typing(focus)) return;
    if (event.key.startsWith("Arrow") && !event.altKey && focus !== canvas) { event.preventDefault(); return void walk(focus, event.key); }
    if (event.key === "0" && !command) { event.preventDefault(); return void fit(); }
    const node = focus.closest(".node");
    if (node && (event.key === "Enter" || event.key === " ") && focus.matches(".node-open")) {
      event.preventDefault();
      return void choose(node.dataset.node, { keyboard: true });
    }
    if (!canEdit) return;
    if (event.key.toLowerCase() === "a" && !command) { event.preventDefault(); return void offer(node ? plusBehind(node) : focus.closest(".plus")); }
    if (command && event.key.toLowerCase() === "v") { event.preventDefault(); return void paste(focus.closest(".plus")); }
    if (!node || node.dataset.node === "trigger") return;
    const name = node.dataset.node;
    if (command && event.key.toLowerCase() === "c" && !String(getSelection())) { event.preventDefault(); once(() => selected() === name, copy); return void choose(name); }
    if (command && event.key.toLowerCase() === "d") { event.preventDefault(); return void verbs.duplicate(name); }
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); return void remove(name); }
    if (event.altKey && event.key === "ArrowUp") { event.preventDefault(); return void verbs.up(name); }
    if (event.altKey && event.key === "ArrowDown") { event.preventDefault(); return void verbs.down(name); }
  });

  // --- Moving by the handle: legal slots light up, the nearest is aimed at, Esc leaves everything as it was.
  let drag = null;
  const legal = (stop) => {
    const node = stop.querySelector(":scope > .node");
    const own = `after:${node.dataset.node}`;
    const before = stop.previousElementSibling?.querySelector(":scope > .line .plus, :scope > .node ~ .line .plus")?.dataset.slot;
    return [...document.querySelectorAll(".plus")].filter((plus) => plus.offsetParent && !stop.contains(plus)
      && plus.dataset.slot !== own && plus.dataset.slot !== before && !("ends" in node.dataset && !("last" in plus.dataset)));
  };
  const beginDrag = (event) => {
    const { stop, x, y } = drag;
    const node = stop.querySelector(":scope > .node");
    const box = node.getBoundingClientRect();
    drag.slots = legal(stop);
    drag.ghost = node.cloneNode(true);
    drag.ghost.removeAttribute("data-node");
    drag.ghost.classList.add("ghost");
    drag.ghost.style.width = `${box.width}px`;
    drag.dx = x - box.left; drag.dy = y - box.top;
    document.body.append(drag.ghost);
    stop.classList.add("moving");
    document.documentElement.classList.add("dragging-step");
    drag.slots.forEach((plus) => plus.classList.add("legal"));
    drag.begun = true;
    followDrag(event);
  };
  const followDrag = (event) => {
    drag.ghost.style.left = `${event.clientX - drag.dx}px`;
    drag.ghost.style.top = `${event.clientY - drag.dy}px`;
    let best = null;
    let least = 110;
    for (const plus of drag.slots) {
      const there = centre(plus);
      const far = Math.hypot(there.x - event.clientX, there.y - event.clientY);
      if (far < least) { least = far; best = plus; }
    }
    drag.aimed?.classList.remove("aimed");
    best?.classList.add("aimed");
    drag.aimed = best;
    const edge = canvas.getBoundingClientRect();
    if (event.clientY > edge.bottom - 40) canvas.scrollTop += 14;
    if (event.clientY < edge.top + 40) canvas.scrollTop -= 14;
  };
  const endDrag = (drops) => {
    const { begun, ghost, slots, stop, aimed } = drag;
    drag = null;
    if (!begun) return;
    ghost.remove();
    stop.classList.remove("moving");
    document.documentElement.classList.remove("dragging-step");
    slots.forEach((plus) => plus.classList.remove("legal", "aimed"));
    if (drops && aimed) post("move", { step: stop.querySelector(":scope > .node").dataset.node, slot: aimed.dataset.slot });
  };

  // --- Panning and zooming.
  let pan = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const handle = event.target.closest(".node-handle");
    if (handle && canEdit) {
      event.preventDefault();
      drag = { stop: handle.closest(".stop"), x: event.clientX, y: event.clientY, begun: false };
      return;
    }
    if (event.target.closest(".node, button, a, input") || event.pointerType === "touch") return;
    pan = { x: event.clientX, y: event.clientY, left: canvas.scrollLeft, top: canvas.scrollTop };
    canvas.classList.add("panning");
  });
  document.addEventListener("pointermove", (event) => {
    if (drag) {
      if (drag.begun) followDrag(event);
      else if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4) beginDrag(event);
    }
    if (pan) {
      canvas.scrollLeft = pan.left - (event.clientX - pan.x);
      canvas.scrollTop = pan.top - (event.clientY - pan.y);
    }
  });
  document.addEventListener("pointerup", () => {
    if (drag) endDrag(true);
    if (pan) { pan = null; canvas.classList.remove("panning"); }
  });
  document.addEventListener("pointercancel", () => { if (drag) endDrag(false); pan = null; canvas.classList.remove("panning"); });

  let scale = 1;
  const zoom = (wanted) => {
    const before = scale;
    scale = Math.min(1.5, Math.max(0.5, Math.round(wanted * 20) / 20));
    const middle = { x: canvas.scrollLeft + canvas.clientWidth / 2, y: canvas.scrollTop + canvas.clientHeight / 2 };
    zoomed.style.zoom = scale;
    canvas.scrollLeft = middle.x * scale / before - canvas.clientWidth / 2;
    canvas.scrollTop = middle.y * scale / before - canvas.clientHeight / 2;
    document.getElementById("zoom-now").textContent = `${Math.round(scale * 100)} %`;
  };
  const fit = () => {
    zoom(1);
    const tree = document.getElementById("tree");
    zoom(Math.floor(Math.min(canvas.clientWidth / tree.scrollWidth, canvas.clientHeight / tree.scrollHeight, 1) * 20) / 20);
    canvas.scrollTop = 0;
    centreStart();
  };
  const centreStart = () => {
    const start = nodeOf("trigger")?.getBoundingClientRect();
    const view = canvas.getBoundingClientRect();
    if (start) canvas.scrollLeft += start.left + start.width / 2 - (view.left + view.width / 2);
  };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
  }, { passive: false });
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    if (button.dataset.zoom === "fit") fit(); else zoom(scale + (button.dataset.zoom === "in" ? 0.1 : -0.1));
  }));

  // --- Finding a step by what its card says.
  const find = document.getElementById("find");
  let hits = [];
  let hit = -1;
  const seek = () => {
    const words = find.value.trim().toLowerCase();
    document.querySelectorAll(".node").forEach((node) => node.classList.remove("found"));
    hits = words ? [...document.querySelectorAll(".node")].filter((node) => node.textContent.toLowerCase().includes(words)) : [];
    hits.forEach((node) => node.classList.add("found"));
    hit = -1;
    if (words && !hits.length) kindred.announce(editor.dataset.noneFound);
  };
  find.addEventListener("input", seek);
  find.closest("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!hits.length) seek();
    if (!hits.length) return;
    hit = (hit + 1) % hits.length;
    unfold(hits[hit]);
    hits[hit].scrollIntoView({ block: "center", inline: "center" });
    current = hits[hit].dataset.node;
    mark();
    find.focus();
  });

  centreStart();
  mark();
})();
