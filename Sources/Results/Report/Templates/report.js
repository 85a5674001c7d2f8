"use strict";
// Values under the pointer. Without this script the page loses nothing but these: data stand in the tables.
(() => {
  const tip = document.getElementById("tip");
  const show = (event, text) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, innerWidth - box.width - 8);
    const y = event.clientY - box.height - 12;
    tip.style.left = Math.max(8, x) + "px";
    tip.style.top = (y < 8 ? event.clientY + 18 : y) + "px";
  };
  const hide = () => { tip.hidden = true; };

  // Marks, bars and cells carry their text.
  document.addEventListener("pointerover", (event) => {
    const mark = event.target.closest && event.target.closest("[data-tip]");
    if (mark) show(event, mark.dataset.tip);
    else if (!event.target.closest || !event.target.closest("svg.lines")) hide();
  });

  // Lines tell their nearest point, and step back for the one that is meant.
  const attach = (chart) => {
    const points = [];
    for (const series of chart.querySelectorAll(".series")) {
      const texts = series.dataset.t.split("|");
      const places = series.querySelector(".line").getAttribute("points").split(" ");
      places.forEach((place, index) => {
        const [x, y] = place.split(",").map(Number);
        points.push({ x, y, text: series.dataset.name + " · " + texts[index], series });
      });
    }
    const cursor = chart.querySelector(".cursor");
    const settle = (chosen) => {
      for (const series of chart.querySelectorAll(".series")) {
        series.classList.toggle("dimmed", chosen !== null && series !== chosen);
      }
    };
    chart.addEventListener("pointermove", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
      let nearest = null, least = Infinity;
      for (const point of points) {
        const distance = Math.hypot(point.x - at.x, point.y - at.y);
        if (distance < least) { least = distance; nearest = point; }
      }
      if (!nearest || least > 60) { chart.dispatchEvent(new Event("pointerleave")); return; }
      cursor.style.visibility = "visible";
      cursor.setAttribute("x1", nearest.x);
      cursor.setAttribute("x2", nearest.x);
      settle(nearest.series);
      show(event, nearest.text);
    });
    chart.addEventListener("pointerleave", () => {
      cursor.style.visibility = "hidden";
      settle(null);
      hide();
    });
  };
  const attachAll = () => { hide(); document.querySelectorAll("svg.lines").forEach(attach); };
  attachAll();
  // A page that follows a run replaces its charts.
  addEventListener("report-changed", attachAll);
  addEventListener("scroll", hide, { passive: true });
})();
