// The little that HTML cannot do by itself. Everything else is links, forms and htmx.
(() => {
  const announce = (words) => { document.getElementById("announcer").textContent = words; };

  const say = (words) => {
    const toast = document.createElement("div");
    toast.className = "toast show toast-error";
    toast.setAttribute("role", "alert");
    const body = document.createElement("div");
    body.className = "toast-body";
    body.textContent = words;
    toast.append(body);
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), 8000);
  };

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggle-navigation]");
    if (toggle) {
      event.preventDefault();
      const open = document.getElementById("navigation").classList.toggle("show");
      toggle.setAttribute("aria-expanded", String(open));
    }
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

  // A form that asks first: <form data-confirm="Question?" data-yes="Answer">.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    const dialog = document.getElementById("confirm");
    dialog.querySelector("#confirm-question").textContent = form.dataset.confirm;
    dialog.querySelector("[data-yes]").textContent = form.dataset.yes;
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter);
    }, { once: true });
    dialog.returnValue = "no";
    dialog.showModal();
  });

  // Filters apply at once where there is no button to press.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // Good news goes by itself; errors stay until they are closed.
  setTimeout(() => document.querySelectorAll(".toast-success, .toast-info").forEach((toast) => toast.remove()), 8000);

  // Parts that keep themselves fresh listen for "look", which only comes while somebody is looking.
  setInterval(() => {
    if (document.visibilityState === "visible") document.body.dispatchEvent(new Event("look"));
  }, 4000);

  document.addEventListener("htmx:responseError", () => say(document.body.dataset.failed));
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.requestConfig.triggeringEvent?.type !== "look") say(document.body.dataset.failed);
  });
})();
