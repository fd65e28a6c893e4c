// The sample of a brand's look follows the form.
(() => {
  const form = document.getElementById("brand-form");
  const frame = document.getElementById("brand-sample");
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const said = new URLSearchParams(new FormData(form));
      said.delete("csrfmiddlewaretoken");
      frame.src = `${frame.dataset.base}?${said}`;
    }, 300);
  });
})();
