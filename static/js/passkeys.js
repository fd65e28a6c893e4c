// What allauth's passkey code only says to the console, said to people. Cancelling the browser's question is no error.
(() => {
  const { cancelled, missing } = document.currentScript.dataset;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    window.kindred.toast(window.PublicKeyCredential ? cancelled : missing);
  });
})();
