// Draws the figures: those in sight first, the others when there is time, all before printing.
(function (report) {
  const CONFIG = { responsive: true, displayModeBar: false, doubleClick: "reset" };
  const states = new Map();
  const hidden = new Set();

  function figureOf(id) {
    return states.get(id).figure;
  }

  function isLog(state) {
    return state.log ?? (state.figure.y.scale === "log");
  }

  // Long names are cut where they would take the figure's place; pointing tells them in full.
  function nameTicks(names, width) {
    const most = width < 480 ? 14 : 30;
    const tickvals = [...new Set(names)].map(report.plain);
    const ticktext = [...new Set(names)].map((name) =>
      report.plain(name.length > most ? `${name.slice(0, most - 1)}…` : name)
    );
    return { tickmode: "array", tickvals, ticktext };
  }

  function axis(spec, { log = false, reversed = false, isGain = false }) {
    return {
      title: { text: spec.title, standoff: 8 },
      range: log ? undefined : spec.range?.slice(),
      type: spec.names ? "category" : log ? "log" : "linear",
      rangemode: spec.fromZero && !log ? "tozero" : "normal",
      autorange: reversed ? "reversed" : undefined,
      zeroline: isGain,
      zerolinecolor: report.resolve("soft"),
      automargin: true,
      ticks: "",
      gridcolor: report.resolve("grid"),
      linecolor: report.resolve("rule"),
      showgrid: !spec.names,
      dtick: log ? 1 : undefined,
    };
  }

  function layoutOf(state, traces) {
    const { figure } = state;
    const pointwise = traces.some((t) => ["points", "heat", "bars"].includes(t.kind));
    const width = state.element.clientWidth;
    const isTouch = matchMedia("(pointer: coarse)").matches;
    return {
      margin: { l: 48, r: 14, t: 10, b: 40 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: {
        size: 12,
        family: getComputedStyle(document.body).fontFamily,
        color: report.resolve("soft"),
      },
      hoverlabel: {
        bgcolor: report.resolve("ground"),
        bordercolor: report.resolve("rule"),
        font: { color: report.resolve("ink") },
        namelength: 40,
      },
      // Plotly resizes by and by, and printing does not wait.
      width: document.documentElement.classList.contains("printing")
        ? state.element.querySelector(".canvas").clientWidth
        : undefined,
      autosize: true,
      showlegend: false,
      hovermode: pointwise ? "closest" : "x unified",
      dragmode: isTouch ? false : "zoom",
      barmode: "group",
      scattermode: figure.x.names ? "group" : "overlay",
      scattergap: 0.5,
      xaxis: {
        ...axis(figure.x, {}),
        ...(figure.x.names ? nameTicks(traces.flatMap((t) => t.x), width) : {}),
      },
      yaxis: {
        ...axis(figure.y, {
          log: isLog(state),
          reversed: Boolean(figure.y.names),
          isGain: !figure.y.fromZero && !figure.y.names,
        }),
        ...(figure.y.names ? nameTicks(traces.flatMap((t) => t.y), width) : {}),
      },
    };
  }

  function visibleTraces(state) {
    const { traces } = state.figure.views[state.view] ?? state.figure.views[0];
    // A figure of one group alone stays: it would be empty otherwise.
    const several = new Set(traces.map((t) => t.group)).size > 1;
    return several ? traces.filter((t) => !hidden.has(t.group)) : traces;
  }

  function draw(id) {
    const state = states.get(id);
    const traces = visibleTraces(state);
    const canvas = state.element.querySelector(".canvas");
    globalThis.Plotly.react(
      canvas,
      traces.flatMap((trace) => report.toPlotly(trace, canvas.clientWidth)),
      layoutOf(state, traces),
      CONFIG,
    );
    drawLegend(state, traces);
    state.drawn = true;
  }

  function drawLegend(state, traces) {
    const own = traces.filter((t) => t.legend !== undefined);
    state.element.querySelector(".legend").replaceChildren(...own.map((trace) => {
      const item = document.createElement("span");
      const mark = document.createElement("i");
      mark.style.background = report.groupStyle(trace.group).color;
      mark.style.opacity = String(0.25 + 0.75 * (trace.tone ?? 1));
      item.append(mark, trace.legend);
      return item;
    }));
  }

  function redraw(ids = states.keys()) {
    for (const id of ids) if (states.get(id).drawn) draw(id);
  }

  function drawAll() {
    for (const [id, state] of states) if (!state.drawn) draw(id);
  }

  function setGroupShown(group, shown) {
    if (shown) hidden.delete(group);
    else hidden.add(group);
    redraw();
  }

  function drawWhenSeen() {
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        if (!states.get(target.dataset.figure).drawn) draw(target.dataset.figure);
      }
    }, { rootMargin: "400px" });
    for (const { element } of states.values()) watcher.observe(element);
    const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50));
    const next = () => {
      const waiting = [...states].find(([, state]) => !state.drawn);
      if (!waiting) {
        document.documentElement.dataset.ready = "true";
        return;
      }
      draw(waiting[0]);
      idle(next);
    };
    idle(next);
  }

  function initPlots() {
    for (const figure of report.data.figures) {
      const element = document.getElementById(`figure-${figure.id}`);
      if (element) states.set(figure.id, { figure, element, view: 0, drawn: false });
    }
  }

  Object.assign(report, {
    states,
    figureOf,
    isLog,
    initPlots,
    draw,
    redraw,
    drawAll,
    drawWhenSeen,
    setGroupShown,
  });
})(globalThis.report ??= {});
