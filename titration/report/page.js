"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("find");
  const articles = [...document.querySelectorAll("article")];
  const filter = () => {
    const wanted = byId("find-id").value.trim().toLowerCase();
    const kind = byId("find-kind").value;
    const lows = byId("find-lows").checked;
    let found = 0;
    for (const article of articles) {
      const { id, kinds, lows: count } = article.dataset;
      const fits = id.toLowerCase().includes(wanted)
        && (!kind || kinds.split(" ").includes(kind)) && (!lows || count !== "0");
      article.hidden = !fits;
      found += fits;
    }
    byId("found").textContent = String(found);
  };
  const open = (state) => {
    for (const table of document.querySelectorAll("article:not([hidden]) details")) table.open = state;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("open-all").addEventListener("click", () => open(true));
  byId("close-all").addEventListener("click", () => open(false));
})();
