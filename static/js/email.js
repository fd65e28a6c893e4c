// The email editor's hands: writing with chips, adding, dragging, keys. What a mail is, the server decides.
(() => {
  const editor = document.getElementById("mail-editor");
  if (!editor) return;
  const drawer = () => document.getElementById("mail-drawer");
  const $ = (selector, from = document) => from.querySelector(selector);

  // --- Asking the server. Requests wait for each other, and by the time one leaves, the part of the page that it was
  // asked from may have been drawn anew: so it is the editor as a whole that asks, never a button on the canvas.
  let focusing = null; // what gets the focus, once the answer to that request is drawn
  const change = (values, focus = "") => {
    if (focus) focusing = { at: focus, op: values.op };
    htmx.ajax("POST", editor.dataset.change, { source: editor, swap: "none", values });
  };
  const look = (path, focus) => {
    editor.querySelectorAll("[data-dirty]").forEach(flush); // the drawer goes, and what was typed last with it
    focusing = { at: focus, path };
    htmx.ajax("GET", path, { source: editor, target: "#mail-drawer-place", swap: "innerHTML" });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("#mail-editor .mail-tools, #mail-state form, #mail-add form");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const values = Object.fromEntries(new FormData(form, event.submitter));
    delete values.csrfmiddlewaretoken;
    change(values, values.op === "add" ? "field" : "");
  }, true);

  // --- Writing. A field shows chips; its hidden input keeps what the server understands.
  const kept = (field, kind) => {
    const copy = field.cloneNode(true);
    copy.querySelectorAll(".chip").forEach((chip) => chip.replaceWith(chip.dataset.liquid));
    return kind === "plain" ? copy.textContent.replace(/\s+/g, " ").trim() : copy.innerHTML;
  };
  const keep = (field) => {
    const rich = field.closest(".rich");
    $("[data-rich-value]", rich).value = kept(field, rich.dataset.rich);
    if (!field.textContent.trim() && !$("img, .chip", field)) field.replaceChildren();
  };
  let range = null;
  const remember = () => {
    const selection = getSelection();
    if (selection.rangeCount && selection.anchorNode?.parentElement?.closest(".rich-field")) range = selection.getRangeAt(0).cloneRange();
  };
  document.addEventListener("selectionchange", remember);
  const resume = (field) => {
    field.focus();
    const selection = getSelection();
    selection.removeAllRanges();
    if (range && field.contains(range.startContainer)) return void selection.addRange(range);
    selection.selectAllChildren(field);
    selection.collapseToEnd();
  };
  const said = (field) => field.dispatchEvent(new InputEvent("input", { bubbles: true }));

  document.addEventListener("input", (event) => {
    if (event.target.matches(".rich-field")) keep(event.target);
    event.target.closest("[data-flush]")?.setAttribute("data-dirty", "");
    if (event.target.matches("[data-find]")) find(event.target);
  }, true);
  document.addEventListener("paste", (event) => {
    const field = event.target.closest?.(".rich-field");
    if (!field || field.closest(".rich").dataset.rich === "text") return;
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain").replace(/\s+/g, " "));
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".rich-field")) document.execCommand("defaultParagraphSeparator", false, "p");
  });
  // What was typed is sent as soon as the field is left, and when the page is.
  const flush = (form) => { if (form?.hasAttribute("data-dirty")) htmx.trigger(form, "flush"); };
  document.addEventListener("focusout", (event) => flush(event.target.closest?.("[data-flush]")));
  document.addEventListener("htmx:beforeRequest", (event) => event.detail.elt.removeAttribute("data-dirty"));
  addEventListener("pagehide", () => document.querySelectorAll("[data-dirty]").forEach((form) => {
    const body = new FormData(form);
    body.set("since", $("#mail-since").value);
    body.set("language", $("#mail-language").value);
    navigator.sendBeacon(editor.dataset.change, body);
  }));

  // --- Tools of a field: bold, lists, links, what is filled in
  let writing = null;
  document.addEventListener("mousedown", (event) => { if (event.target.closest(".rich-tools button")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const tool = event.target.closest(".rich-tools button, [data-link-set], [data-link-clear]");
    if (!tool) return;
    const rich = tool.closest(".rich");
    const field = $(".rich-field", rich);
    if (tool.dataset.do) { resume(field); document.execCommand(tool.dataset.do); said(field); }
    const row = $(".rich-link", rich);
    if ("link" in tool.dataset) {
      row.hidden = !row.hidden;
      if (!row.hidden) {
        $("input", row).value = range?.startContainer.parentElement?.closest("a")?.getAttribute("href") || "";
        $("input", row).focus();
      }
    }
    if ("linkSet" in tool.dataset) link(field, row);
    if ("linkClear" in tool.dataset) { resume(field); document.execCommand("unlink"); row.hidden = true; said(field); }
    if ("personal" in tool.dataset) { writing = field; show($("#mail-personal"), tool); }
  });
  const link = (field, row) => {
    let url = $("input", row).value.trim();
    if (!url) return;
    if (!/^[a-z][a-z0-9+.-]*:|^\{\{|^#/i.test(url)) url = `https://${url}`;
    resume(field);
    if (getSelection().isCollapsed) document.execCommand("insertText", false, url.replace(/^https?:\/\//, ""));
    if (getSelection().isCollapsed) getSelection().modify("extend", "backward", "word");
    document.execCommand("createLink", false, url);
    row.hidden = true;
    said(field);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest?.(".rich-link")) {
      event.preventDefault();
      $("[data-link-set]", event.target.closest(".rich-link")).click();
    }
    const field = event.target.closest?.(".rich-field");
    if (field && event.key === "Enter" && field.closest(".rich").dataset.rich !== "text") event.preventDefault();
  });

  // --- Menus that are searched: blocks, and what is known of people
  const show = (menu, button) => {
    const search = $("input[type=search]", menu);
    if (search) { search.value = ""; find(search); }
    $(".mail-fallback", menu)?.setAttribute("hidden", "");
    menu.showPopover();
    const from = button.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const below = from.bottom + 4 + size.height <= innerHeight;
    menu.style.top = `${Math.max(8, below ? from.bottom + 4 : from.top - size.height - 4)}px`;
    menu.style.left = `${Math.max(8, Math.min(from.left + from.width / 2 - size.width / 2, innerWidth - size.width - 8))}px`;
    search?.focus();
  };
  const find = (search) => {
    const words = search.value.trim().toLowerCase();
    const rows = [...document.querySelectorAll(`${search.dataset.find} [data-words]`)];
    rows.forEach((row) => { row.hidden = !row.dataset.words.includes(words); });
    const none = $("[data-none]", search.parentElement);
    if (none) none.hidden = rows.some((row) => !row.hidden);
  };
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(".mail-add");
    if (!menu || event.target.closest(".mail-fallback")) return;
    const rows = [...menu.querySelectorAll(".menu-item")].filter((row) => !row.hidden);
    const at = rows.indexOf(document.activeElement);
    if (event.key === "ArrowDown") { event.preventDefault(); rows[Math.min(at + 1, rows.length - 1)]?.focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (rows[at - 1] || $("input", menu)).focus(); }
    if (event.key === "Enter" && at < 0) { event.preventDefault(); rows[0]?.click(); }
  });
  document.addEventListener("click", (event) => {
    const plus = event.target.closest("[data-at]");
    if (plus) {
      const menu = $("#mail-add");
      menu.querySelector("[name=place]").value = plus.dataset.place;
      menu.querySelector("[name=at]").value = plus.dataset.at;
      show(menu, plus);
    }
    if (event.target.closest("#mail-add [name=kind]")) setTimeout(() => $("#mail-add").hidePopover());
    const filling = event.target.closest("[data-filling]");
    if (filling) choose(filling);
  });
  let chosen = null;
  const choose = (filling) => {
    chosen = filling;
    const form = $(".mail-fallback");
    form.hidden = false;
    $("[data-chosen]", form).textContent = filling.dataset.label;
    $("input", form).value = filling.dataset.fallback;
    $("input", form).focus();
    $("input", form).select();
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".mail-fallback")) return;
    event.preventDefault();
    const fallback = $("#mail-fallback").value.replace(/["{}%<>&\r\n]/g, "").trim();
    const liquid = fallback ? chosen.dataset.filling.replace(" }}", ` | default: "${fallback}" }}`) : chosen.dataset.filling;
    $("#mail-personal").hidePopover();
    fill(writing, liquid, chosen.dataset.label, fallback);
  });
  const fill = (field, liquid, label, fallback) => {
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.contentEditable = "false";
    chip.dataset.liquid = liquid;
    chip.append(label);
    if (fallback) { const rest = document.createElement("i"); rest.textContent = `${$("[data-or-else]").textContent} ${fallback}`; chip.append(" ", rest); }
    resume(field);
    const at = getSelection().getRangeAt(0);
    at.deleteContents();
    at.insertNode(chip);
    let before = chip.previousSibling;
    while (before?.nodeType === 3 && !before.data) before = before.previousSibling;
    if (before?.classList?.contains("chip")) before.after(" "); // two names are two words
    const after = document.createTextNode(" ");
    if (chip.nextSibling?.textContent?.trim()) { at.setStartAfter(chip); } else { chip.after(after); at.setStartAfter(after); }
    at.collapse(true);
    getSelection().removeAllRanges();
    getSelection().addRange(at);
    said(field);
  };

  // --- The canvas: select, walk, move, drag
  const mark = (name) => editor.querySelectorAll(".mail-block").forEach((one) => one.classList.toggle("is-selected", one.dataset.block === name));
  document.addEventListener("click", (event) => {
    const opener = event.target.closest(".mail-select, [data-close-block], #mail-finish");
    if (!opener || !$("#mail-canvas") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const block = opener.closest(".mail-block")?.dataset.block || "";
    mark(block);
    look(opener.getAttribute("hx-get"), block ? "field" : `#select-${$("#mail-open").value}`);
  }, true);
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-line]");
    if (line) jump(Number(line.dataset.line));
    const todo = event.target.closest("[data-jump]");
    if (todo && todo.dataset.language === $("#mail-language").value) {
      const target = $(`#select-${CSS.escape(todo.dataset.jump)}`) || $(`#${CSS.escape(todo.dataset.jump)}-field`);
      if (target) { event.preventDefault(); target.focus(); if (target.matches(".mail-select")) target.click(); }
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.target.closest("input, textarea, select, [contenteditable]")) {
      const wanted = event.key === "z" && !event.shiftKey ? "#mail-undo" : event.key === "y" || (event.key.toLowerCase() === "z" && event.shiftKey) ? "#mail-redo" : "";
      if (wanted) { event.preventDefault(); $(wanted)?.click(); }
    }
    if (event.key === "Escape" && event.target.closest("#mail-drawer")) $("[data-close-block]")?.click();
    const select = event.target.closest(".mail-select");
    if (!select) return;
    const name = select.closest(".mail-block").dataset.block;
    const all = [...editor.querySelectorAll(".mail-select")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.altKey) { event.preventDefault(); change({ op: step > 0 ? "down" : "up", block: name }, `#select-${name}`); }
    else if (step) { event.preventDefault(); all[all.indexOf(select) + step]?.focus(); }
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      const next = all[all.indexOf(select) + 1] || all[all.indexOf(select) - 1];
      change({ op: "delete", block: name }, next ? `#${next.id}` : "#plus-end-");
    }
  });
  const drag = () => editor.querySelectorAll(".mail-stack").forEach((stack) => {
    if (!window.Sortable || Sortable.get(stack)) return;
    Sortable.create(stack, {
      group: { name: "mail", put: (to, from, block) => !(to.el.dataset.place && block.dataset.kind === "columns") },
      handle: ".mail-handle", draggable: ".mail-block", animation: 120, ghostClass: "mail-dragged",
      onEnd: ({ item, to, from, oldDraggableIndex, newDraggableIndex }) => {
        if (to === from && oldDraggableIndex === newDraggableIndex) return;
        change({ op: "move", block: item.dataset.block, place: to.dataset.place, at: newDraggableIndex });
      },
    });
  });
  drag();

  // After the server has drawn something anew: drag again, and the keyboard goes where it is needed.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    drag();
    const asked = detail.requestConfig;
    if (!focusing || !(focusing.path ? asked.verb === "get" : asked.formData?.get("op") === focusing.op)) return;
    const fields = "[data-block-form] :is(.rich-field, input:not([type=hidden]), select), .mail-upload [type=file]";
    const target = focusing.at === "field" ? [...drawer().querySelectorAll(fields)].find((one) => one.offsetParent) : $(focusing.at);
    focusing = null;
    if (!target) return;
    target.focus();
    if (target.matches(".rich-field")) { getSelection().selectAllChildren(target); getSelection().collapseToEnd(); }
  });
  document.addEventListener("htmx:oobAfterSwap", drag);

  // --- Code: numbered lines
  const source = $("#mail-source");
  const lines = $(".code-lines");
  const number = () => { lines.textContent = source.value.split("\n").map((_, at) => at + 1).join("\n"); lines.scrollTop = source.scrollTop; };
  const jump = (line) => {
    const before = source.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    source.focus();
    source.setSelectionRange(before, before + source.value.split("\n")[line - 1].length);
    source.scrollTop = (line - 4) * parseFloat(getComputedStyle(source).lineHeight);
  };
  if (source) {
    lines.style.height = `${source.offsetHeight}px`;
    source.addEventListener("input", number);
    source.addEventListener("scroll", () => { lines.scrollTop = source.scrollTop; });
    number();
  }
})();
