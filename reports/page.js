// Draws the figures in the page's colours, and lets a reader choose what pictures show.

/* global Plotly */

const FIGURES = JSON.parse(document.getElementById("figures").textContent);
const CONFIG = { responsive: true, displayModeBar: false };

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function theme() {
  return {
    "font.color": color("soft"),
    "xaxis.gridcolor": color("grid"),
    "yaxis.gridcolor": color("grid"),
    "xaxis.linecolor": color("rule"),
    "yaxis.linecolor": color("rule"),
    "hoverlabel.bgcolor": color("ground"),
    "hoverlabel.font.color": color("ink"),
    "hoverlabel.bordercolor": color("rule"),
  };
}

function layout(figure) {
  const axis = { zeroline: false, automargin: true, ticks: "" };
  return {
    margin: { l: 44, r: 12, t: 8, b: 38 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { size: 12, family: getComputedStyle(document.body).fontFamily },
    showlegend: false,
    hovermode: "x unified",
    xaxis: { ...axis, title: { text: figure.xTitle, standoff: 6 }, range: figure.xRange },
    yaxis: {
      ...axis,
      range: figure.yRange,
      type: figure.yLog ? "log" : "linear",
      rangemode: figure.yLog ? "normal" : "tozero",
    },
  };
}

function draw() {
  for (const figure of FIGURES) {
    const traces = figure.traces.map((trace) => ({ type: "scatter", ...trace }));
    Plotly.newPlot(figure.id, traces, layout(figure), CONFIG);
  }
  paint();
}

function paint() {
  for (const figure of FIGURES) Plotly.relayout(figure.id, theme());
}

function fit() {
  for (const figure of FIGURES) Plotly.Plots.resize(figure.id);
}

function wirePictures(section) {
  const chooser = section.querySelector(".choose-run");
  chooser?.addEventListener("change", () => {
    for (const part of section.querySelectorAll(".of-run")) {
      part.classList.toggle("shown", part.dataset.run === chooser.value);
    }
  });
  for (const kind of ["truth", "found"]) {
    const box = section.querySelector(`.show-${kind}`);
    box.addEventListener("change", () => section.classList.toggle(`hide-${kind}`, !box.checked));
  }
}

draw();
document.querySelectorAll(".pictures").forEach(wirePictures);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
matchMedia("print").addEventListener("change", () => {
  paint();
  fit();
});
