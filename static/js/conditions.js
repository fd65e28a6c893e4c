// Rows of conditions, wherever they are built: their swaps, their buttons, dragging, known values and the picker. The
// page says where they stand, how an edit is sent, and where to ask for what can be picked.
(() => {
  // Rows keep their elements, so focus, open menus and half-typed words stay where they are.
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

  window.kindred.conditions = ({ rows, send, picker, values }) => {
    // What was just added is looked at: at what it lacks, or else at its first control.
    const show = (id) => {
      const node = document.getElementById(id);
      const field = node?.querySelector("[aria-invalid]") || node?.querySelector(".cond-field, .chip-input, .cond-check input") || node?.querySelector(".cond-subject");
      (document.getElementById(`${id}-property`) || field || document.getElementById(`${id}-add`))?.focus();
    };

    document.addEventListener("click", (event) => {
      const button = event.target.closest(`:is(${rows}) button[name=action]`);
      if (button) {
        event.preventDefault();
        const menu = button.closest("[popover]");
        if (menu) { menu.hidePopover(); document.querySelector(`[popovertarget="${menu.id}"]`)?.focus(); }
        send({ action: button.value });
        return;
      }
      const pick = event.target.closest("[data-pick]");
      if (pick) open(pick);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches(`:is(${rows}) input`)) return;
      event.preventDefault();
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    });
    document.addEventListener("change", (event) => {
      if (event instanceof CustomEvent) { event.stopPropagation(); return; } // Sortable's own: nothing was filled in
      if (event.target.matches(".chip-input")) event.target.dataset.posted = event.target.value;
    }, true);

    // Known values are asked for when somebody is about to fill one in.
    document.addEventListener("focusin", async (event) => {
      const list = event.target.dataset?.suggest && document.getElementById(`${event.target.id}-known`);
      if (!list || list.dataset.of === event.target.dataset.suggest) return;
      list.dataset.of = event.target.dataset.suggest;
      const answer = await fetch(`${values}?${event.target.dataset.suggest}`, { headers: { "HX-Request": "true" } });
      if (answer.ok) list.innerHTML = await answer.text();
    });

    // Dragging; the Move menu does the same without a mouse.
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

    // The picker: one searchable list over everything that can be asked.
    const dialog = document.getElementById("pick");
    const search = document.getElementById("pick-search");
    const list = document.getElementById("pick-list");
    const RECENT = "builder:recent";
    let asked = "";
    let opener = null;
    let active = null;
    let isOld = true; // what can be asked: fetched when it is wanted first

    const open = async (button) => {
      asked = button.dataset.pick;
      opener = button.id;
      if (isOld) await htmx.ajax("GET", picker, { target: "#pick-list", swap: "innerHTML" });
      isOld = false;
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

    return { show, drag, forget: () => { isOld = true; } };
  };
})();
