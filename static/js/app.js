// The little that HTML cannot do by itself. Everything else is links, forms and htmx.
(() => {
  const announce = (words) => { document.getElementById("announcer").textContent = words; };

  // --- Toasts. Good news goes by itself, but never under the pointer or the keyboard; errors stay until closed.
  const shelf = document.getElementById("toasts");
  const leave = (toast) => {
    if (toast.matches(":hover, :focus-within")) return void setTimeout(leave, 2000, toast);
    toast.remove();
  };
  const mind = (toast) => {
    if (toast.dataset.minded) return;
    toast.dataset.minded = "yes";
    if (!toast.matches(".toast-error, .toast-warning")) setTimeout(leave, toast.querySelector(".toast-undo") ? 12000 : 8000, toast);
  };
  const toast = (words, { kind = "error", undo = null } = {}) => {
    const made = document.getElementById("toast").content.firstElementChild.cloneNode(true);
    made.classList.add(`toast-${kind}`);
    made.setAttribute("role", kind === "error" ? "alert" : "status");
    made.querySelector("span").textContent = words;
    const button = made.querySelector(".toast-undo");
    if (undo) button.addEventListener("click", () => { made.remove(); undo(); });
    else button.remove();
    shelf.append(made);
    return made;
  };
  shelf.querySelectorAll(".toast").forEach(mind);
  new MutationObserver(() => shelf.querySelectorAll(".toast").forEach(mind)).observe(shelf, { childList: true });
  window.kindred = { announce, toast };

  // --- The bell's page was looked at: this browser remembers up to where.
  const heard = document.querySelector("[data-bell]");
  if (heard) document.cookie = `bell=${heard.dataset.bell}; path=/; max-age=31536000; samesite=lax`;

  // --- Dialogs. <a data-dialog href> shows a page's fragment in one; without a script it is a link.
  const dialog = document.getElementById("dialog");
  const open = async (url) => {
    document.querySelectorAll(":popover-open").forEach((menu) => menu.hidePopover());
    await htmx.ajax("GET", url, { target: "#dialog-inside", swap: "innerHTML" });
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[autofocus], input:not([type=hidden]), select, textarea, button")?.focus();
  };

  // --- Menus: a popover opens beneath its button, or above it where there is no room.
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu[popover]") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${menu.id}"]`);
    if (!button) return;
    const from = button.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const below = from.bottom + 4 + size.height <= innerHeight;
    menu.style.top = `${Math.max(8, below ? from.bottom + 4 : from.top - size.height - 4)}px`;
    menu.style.left = `${Math.max(8, Math.min(from.right - size.width, innerWidth - size.width - 8))}px`;
    menu.querySelector("[autofocus]")?.focus();
  }, true);

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggle-navigation]");
    if (toggle) {
      event.preventDefault();
      const shown = document.getElementById("navigation").classList.toggle("show");
      toggle.setAttribute("aria-expanded", String(shown));
    }
    const link = event.target.closest("[data-dialog]");
    if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) { event.preventDefault(); open(link.href); }
    if (event.target.closest("dialog [data-close]")) { event.preventDefault(); event.target.closest("dialog").close(); }
    if (event.target === dialog) dialog.close();
    event.target.closest("[data-dismiss]")?.closest(".toast").remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).textContent.trim());
      announce(copy.dataset.copied);
      copy.querySelector("[data-label]").textContent = copy.dataset.copied;
    }
    document.querySelectorAll(".account-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector(".account-menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // A form that asks first: <form data-confirm="Question?" data-yes="Answer">; the same on a button of a form.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asker = event.submitter?.dataset.confirm ? event.submitter : form;
    if (!asker.dataset.confirm || form.dataset.confirmed) return void delete form.dataset.confirmed;
    event.preventDefault();
    event.stopPropagation();
    const question = document.getElementById("confirm");
    question.querySelector("#confirm-question").textContent = asker.dataset.confirm;
    const yes = question.querySelector("[data-yes]");
    yes.textContent = asker.dataset.yes || yes.dataset.yes;
    question.addEventListener("close", () => {
      if (question.returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter);
    }, { once: true });
    question.returnValue = "no";
    question.showModal();
  }, true);

  // Filters apply at once where there is no button to press; what is left empty does not stand in the address.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb !== "get") return;
    for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
  });

  // Parts that keep themselves fresh listen for "look", which only comes while somebody is looking.
  setInterval(() => {
    if (document.visibilityState === "visible") document.body.dispatchEvent(new Event("look"));
  }, 4000);

  // What somebody is in is left alone: a part that says data-calm waits while it has the focus or something open, and
  // is not drawn again where nothing changed.
  const drawn = new WeakMap();
  const isLook = (detail) => detail.requestConfig.triggeringEvent?.type === "look";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.target;
    if (!part.matches?.("[data-calm]") || !isLook(event.detail)) return;
    if (part.matches(":focus-within") || part.querySelector("details[open]")) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (!target.matches?.("[data-calm]")) return;
    if (isLook(detail) && drawn.get(target) === detail.serverResponse) detail.shouldSwap = false;
    drawn.set(target, detail.serverResponse);
  });

  document.addEventListener("htmx:responseError", () => toast(document.body.dataset.failed));
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.requestConfig.triggeringEvent?.type !== "look") toast(document.body.dataset.failed);
  });
})();
