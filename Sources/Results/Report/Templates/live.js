"use strict";
// Follows the file: the server sends its version with every change, and the page fetches itself anew.
(() => {
  const root = document.documentElement;
  const state = document.getElementById("live");
  let wanted = root.dataset.version, busy = false;
  const say = (kind, text) => { state.dataset.state = kind; state.textContent = text; };

  // What the reader has opened, and where they are.
  const openDetails = () => [...document.querySelectorAll("details")].map((part) => part.open);
  const landmark = () => {
    for (const part of document.querySelectorAll("main [id]")) {
      const box = part.getBoundingClientRect();
      if (box.height > 0 && box.bottom > 0) return { id: part.id, top: box.top };
    }
    return null;
  };

  const take = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const open = openDetails(), mark = landmark(), place = scrollY;
    for (const part of ["header", "main"]) {
      document.querySelector(part).replaceWith(next.querySelector(part));
    }
    const details = [...document.querySelectorAll("details")];
    if (details.length === open.length) details.forEach((part, index) => { part.open = open[index]; });
    document.title = next.title;
    root.dataset.version = next.documentElement.dataset.version;
    const found = mark && place > 0 ? document.getElementById(mark.id) : null;
    scrollTo(scrollX, found ? scrollY + found.getBoundingClientRect().top - mark.top : place);
    dispatchEvent(new Event("report-changed"));
  };

  const refresh = async () => {
    if (busy || document.hidden || wanted === root.dataset.version) return;
    busy = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store" });
      const text = await answer.text();
      if (!answer.ok) throw new Error(text.trim());
      take(text);
      say("live", "live · " + new Date().toLocaleTimeString());
    } catch (error) {
      say("stale", error instanceof TypeError ? "no answer; trying again" : error.message);
      setTimeout(refresh, 3000);
    } finally {
      busy = false;
    }
    if (state.dataset.state === "live") refresh();
  };

  const events = new EventSource("/events");
  events.addEventListener("version", (event) => { wanted = event.data; refresh(); });
  events.onopen = () => say("live", "live");
  events.onerror = () => say("stale", "fgl-sim serve does not answer; what stands here is the last it sent");
  document.addEventListener("visibilitychange", refresh);
})();
