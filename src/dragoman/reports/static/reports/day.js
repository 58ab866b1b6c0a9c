// Plots of the day: hours and languages by ECharts, the map by d3-geo. The tables beside them hold the same
// figures; without these scripts the page is the tables.
(() => {
  "use strict";
  const node = document.getElementById("day-figures");
  if (!node) return;
  const style = getComputedStyle(document.documentElement);
  const ink = (name) => style.getPropertyValue(name).trim();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let figures = JSON.parse(node.textContent);
  let charts = [];

  const base = () => ({
    animation: !calm,
    animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink("--ink-2") },
    grid: { left: 46, right: 14, top: 34, bottom: 28 },
    aria: { enabled: true },
  });
  const axis = () => ({
    axisLine: { lineStyle: { color: ink("--line-strong") } },
    axisTick: { show: false },
    axisLabel: { color: ink("--ink-2") },
    splitLine: { lineStyle: { color: ink("--line") } },
  });

  const show = (id, option) => {
    const place = document.getElementById(id);
    if (!place || !window.echarts) return;
    place.hidden = false;
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option);
    charts.push(chart);
  };

  const hours = () => show("plot-hours", {
    ...base(),
    legend: { top: 0, left: 0, icon: "rect", itemWidth: 14, itemHeight: 8, textStyle: { color: ink("--ink-2") } },
    xAxis: { type: "category", data: figures.hours.map((row) => row[0]), ...axis() },
    yAxis: { type: "value", minInterval: 1, ...axis() },
    series: [
      { name: "Answered by now", type: "bar", stack: "asked", data: figures.hours.map((row) => row[3]), itemStyle: { color: ink("--brand") } },
      { name: "Asked, waiting", type: "bar", stack: "asked", data: figures.hours.map((row) => row[2] - row[3]), itemStyle: { color: ink("--accent-mark"), decal: { symbol: "line", rotation: 0.8, dashArrayX: [1, 0], dashArrayY: [2, 4], color: ink("--surface") } } },
      { name: "Everything that came", type: "line", symbol: "none", step: "middle", data: figures.hours.map((row) => row[1]), lineStyle: { color: ink("--mute"), width: 1.5, type: "dashed" }, itemStyle: { color: ink("--mute") } },
      { name: "Calls for help", type: "scatter", symbol: "triangle", symbolSize: 11, data: figures.hours.map((row) => row[4] || null), itemStyle: { color: ink("--bad") } },
    ],
  });

  const languages = () => {
    const rows = [...figures.languages].reverse();
    const place = document.getElementById("plot-languages");
    if (place) place.style.blockSize = `${Math.max(120, rows.length * 24 + 50)}px`;
    show("plot-languages", {
      ...base(),
      grid: { left: 44, right: 40, top: 8, bottom: 26 },
      xAxis: { type: "value", minInterval: 1, ...axis() },
      yAxis: { type: "category", data: rows.map((row) => row[0]), ...axis() },
      series: [
        { name: "Answered", type: "bar", stack: "all", data: rows.map((row) => row[2]), itemStyle: { color: ink("--brand") } },
        { name: "Waiting", type: "bar", stack: "all", data: rows.map((row) => row[1] - row[2]), itemStyle: { color: ink("--accent-mark") }, label: { show: true, position: "right", color: ink("--ink-2"), formatter: (point) => rows[point.dataIndex][1] } },
      ],
    });
  };

  const SVG = "http://www.w3.org/2000/svg";
  const draw = (parent, name, values, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };

  // Borders come from a file of the house's choice: TopoJSON with an object "countries", or GeoJSON.
  const features = (file) => file.type === "Topology"
    ? topojson.feature(file, file.objects.countries || Object.values(file.objects)[0]).features
    : file.features;
  const numberOf = (feature) => String(feature.id ?? feature.properties?.iso_n3 ?? "").padStart(3, "0");
  // The largest part of a country is where its mark belongs (France is not in the Atlantic).
  const middle = (feature) => {
    if (feature.geometry.type !== "MultiPolygon") return d3.geoCentroid(feature);
    const parts = feature.geometry.coordinates.map((coordinates) => ({ type: "Polygon", coordinates }));
    return d3.geoCentroid(parts.reduce((one, two) => (d3.geoArea(two) > d3.geoArea(one) ? two : one)));
  };

  let land = null;
  const map = () => {
    const place = document.getElementById("plot-map");
    if (!place || !land || !window.d3) return;
    place.hidden = false;
    place.replaceChildren();
    const wide = 720, high = 360;
    const svg = draw(place, "svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": place.dataset.words, class: "worldmap" });
    const projection = d3.geoNaturalEarth1().fitExtent([[4, 6], [wide - 4, high - 6]],
      { type: "MultiPoint", coordinates: [[-128, 30], [155, 30], [0, 70], [0, -42]] }).clipExtent([[0, 0], [wide, high]]);
    const path = d3.geoPath(projection);
    const known = new Map();
    for (const feature of land) {
      const line = path(feature);
      if (line) draw(svg, "path", { d: line, class: "land" });
      known.set(numberOf(feature), feature);
    }
    const taken = [];
    figures.countries.forEach(([number, name, many], rank) => {
      const feature = known.get(number);
      if (!feature) return;
      const [x, y] = projection(middle(feature)) || [];
      if (x === undefined) return;
      const size = 2 + Math.sqrt(many) * 0.9;
      const mark = draw(svg, "circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: size.toFixed(1), class: "mark" });
      draw(mark, "title", {}, `${name} ${many}`);
      const label = { x: x + size + 3, y: y + 4, width: (name.length + 4) * 6, height: 13 };
      const free = taken.every((other) => label.x > other.x + other.width || other.x > label.x + label.width || Math.abs(label.y - other.y) > 13);
      if (rank < 14 && free && label.x + label.width < wide) {
        draw(svg, "text", { x: label.x.toFixed(1), y: label.y.toFixed(1), class: "maplabel" }, `${name} ${many}`);
        taken.push(label);
      }
    });
  };

  const all = () => {
    charts.forEach((chart) => chart.dispose());
    charts = [];
    hours();
    languages();
    map();
  };
  all();
  const borders = document.getElementById("plot-map")?.dataset.borders;
  if (borders && window.d3) {
    fetch(borders).then((answer) => answer.json()).then((file) => { land = features(file); map(); }).catch(() => {});
  }
  let resize;
  addEventListener("resize", () => {
    clearTimeout(resize);
    resize = setTimeout(() => charts.forEach((chart) => chart.resize()), 120);
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-theme-choice]")) setTimeout(all, 30); });
  // The figures are asked for anew every so often; the plots follow.
  document.addEventListener("htmx:afterSwap", (event) => {
    const fresh = event.target.id === "day" && document.getElementById("day-figures");
    if (!fresh) return;
    figures = JSON.parse(fresh.textContent);
    all();
  });
})();
