// The kit has no landmark around what a page says: readers of the screen jump to it.
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("main")?.setAttribute("role", "main");
});
