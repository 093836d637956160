// Draws the charts, unfolds long tables and sorts them. Shows figures, computes none.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const palette = ["#1f5fbf", "#e08a00", "#5b8c3a", "#8a4fb5", "#0f8b8d", "#a0522d", "#7a8794"];
  const tones = { good: "#0a7d4f", bad: "#b3261e" };
  const narrow = window.matchMedia("(max-width: 640px)").matches;
  const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = narrow ? 11 : 13;
  Chart.defaults.color = "#566374";
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;

  const shortened = (text) => (text.length > 24 && narrow ? text.slice(0, 23) + "\u2026" : text);

  function colour(series, index) {
    return tones[series.tone] || palette[index % palette.length];
  }

  function datasets(data) {
    return data.series.map((series, index) => {
      const own = colour(series, index);
      const points = data.kind === "points";
      return {
        label: series.name,
        data: points ? series.values.map((y, i) => ({ x: series.x[i], y, label: series.points[i] })) : series.values,
        backgroundColor: own,
        borderColor: own,
        borderWidth: data.kind === "lines" ? 2 : 0,
        pointRadius: points ? 5 : data.series[0].values.length > 60 ? 0 : 3,
        pointHoverRadius: 7,
        maxBarThickness: 46,
        tension: 0,
        order: points ? -index : index,  // A later series of points lies on top.
      };
    });
  }

  function axis(title, stacked) {
    return {
      stacked,
      title: { display: title !== "", text: title },
      grid: { color: "#e8edf2" },
    };
  }

  function settings(data) {
    const stacked = data.kind === "stacked";
    const across = data.kind === "across";
    const x = axis(data.xTitle, stacked);
    const y = axis(data.yTitle, stacked);
    const named = across ? y : x;
    if (data.kind !== "points") {
      named.grid = { display: false };
      named.ticks = {
        autoSkip: !across,
        maxRotation: 60,
        callback(value) { return shortened(this.getLabelForValue(value)); },
      };
    }
    return {
      indexAxis: across ? "y" : "x",
      scales: { x, y },
      interaction: { mode: data.kind === "points" ? "nearest" : "index", intersect: data.kind === "points" },
      plugins: {
        legend: { display: data.series.length > 1, position: "bottom", labels: { boxWidth: 14 } },
        tooltip: {
          callbacks: {
            label(item) {
              if (data.kind === "points") {
                const at = "(" + grouped.format(item.raw.x) + ", " + grouped.format(item.raw.y) + ")";
                return (item.raw.label || item.dataset.label) + " " + at;
              }
              return item.dataset.label + ": " + grouped.format(across ? item.parsed.x : item.parsed.y);
            },
          },
        },
      },
    };
  }

  for (const holder of document.querySelectorAll(".chart")) {
    const data = JSON.parse(holder.querySelector("script").textContent);
    if (data.kind === "across") {
      holder.style.height = Math.max(160, 90 + 26 * data.labels.length * Math.max(1, data.series.length * 0.7)) + "px";
    }
    const types = { lines: "line", points: "scatter" };
    new Chart(holder.querySelector("canvas"), {
      type: types[data.kind] || "bar",
      data: { labels: data.labels, datasets: datasets(data) },
      options: settings(data),
    });
    holder.dataset.drawn = "yes";
  }

  for (const button of document.querySelectorAll("button.unfold")) {
    const more = button.textContent;
    button.addEventListener("click", () => {
      const folded = button.previousElementSibling.querySelector("tbody.folded");
      const open = folded.classList.toggle("open");
      button.textContent = open ? "Show fewer" : more;
    });
  }

  // "1,234.50 CNY", "+12.5 %", "-3": by its number; all else by its letters.
  function keyOf(cell, number) {
    const text = cell.textContent;
    if (!number) return text;
    const value = parseFloat(text.replace(/[,\s]/g, "").replace("\u2212", "-"));
    return Number.isNaN(value) ? -Infinity : value;
  }

  function sortBy(table, column, header) {
    const bodies = [...table.tBodies];
    const sizes = bodies.map((body) => body.rows.length);
    const rows = bodies.flatMap((body) => [...body.rows]);
    const down = header.getAttribute("aria-sort") !== "descending";
    const number = header.classList.contains("number");
    const keyed = rows.map((row) => [keyOf(row.cells[column], number), row]);
    keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    let next = 0;
    bodies.forEach((body, index) => {
      body.replaceChildren(...keyed.slice(next, next + sizes[index]).map(([, row]) => row));
      next += sizes[index];
    });
  }

  for (const table of document.querySelectorAll("table")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      header.tabIndex = 0;
      header.addEventListener("click", () => sortBy(table, column, header));
      header.addEventListener("keydown", (event) => {
        if (event.key === "Enter") sortBy(table, column, header);
      });
    });
  }
  document.documentElement.dataset.ready = "yes";
})();
