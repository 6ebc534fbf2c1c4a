// @ts-check
// The first script to run: takes the token out of the address, where it could be copied by accident, keeps it for reloads of this tab, and asks
// for what the window begins with. The answer is on its way while the browser still reads the page's own script.
(() => {
  const KEY = "vmatlas-token";
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  const token = given ?? sessionStorage.getItem(KEY);
  if (token === null) return;
  const start = fetch("/api/start", { headers: { Authorization: `Bearer ${token}` } });
  start.catch(() => undefined); // said where the answer is waited for
  globalThis.vmatlasBegun = { token, start };
  if (given === null) return;
  history.replaceState(null, "", location.pathname);
  setTimeout(() => sessionStorage.setItem(KEY, given)); // the first use of the store waits for another process of the browser
})();
