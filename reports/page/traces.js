// The page's traces in Plotly's terms.
(function (report) {
  // Lines of no more points than this show them, so that the marker tells the group, too.
  const MARKED_POINTS = 12;

  // Plotly reads tags in names; ours are texts.
  function plain(value) {
    if (typeof value !== "string") return value;
    return value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  // Around y, or around x where y are names.
  function errorBars(trace, color) {
    if (!trace.lower) return {};
    const isSideways = typeof trace.y[0] === "string";
    const middle = isSideways ? trace.x : trace.y;
    const bars = {
      type: "data",
      symmetric: false,
      array: trace.upper.map((v, i) => v - middle[i]),
      arrayminus: trace.lower.map((v, i) => middle[i] - v),
      color,
      thickness: 1.5,
      width: 5,
    };
    return isSideways ? { error_x: bars } : { error_y: bars };
  }

  function line(trace, { style, base }) {
    const toned = trace.tone !== undefined;
    const opacity = toned ? 0.25 + 0.75 * trace.tone : 1;
    return {
      ...base,
      mode: trace.kind === "line" && !toned && trace.x.length <= MARKED_POINTS
        ? "lines+markers"
        : "lines",
      marker: { symbol: style.symbol, size: 7, color: style.color },
      line: {
        color: report.withAlpha(style.color, opacity),
        width: toned ? 1.4 + 1.4 * trace.tone : 2.2,
        dash: toned ? "solid" : style.dash,
        shape: trace.kind === "step" ? "hv" : "linear",
      },
    };
  }

  function band(trace, { style, base }) {
    const edge = {
      ...base,
      mode: "lines",
      line: { width: 0, color: style.color, shape: trace.stepped ? "hv" : "linear" },
      hoverinfo: "skip",
    };
    return [
      { ...edge, y: trace.lower },
      { ...edge, y: trace.upper, fill: "tonexty", fillcolor: report.withAlpha(style.color, 0.15) },
    ];
  }

  function heat(trace, { style, base, width }) {
    const share = trace.z.map((row) => {
      const sum = row.reduce((a, b) => a + b, 0);
      return row.map((v) => sum === 0 ? 0 : v / sum);
    });
    // Pixels for a cell, the names beside them taken off.
    const cell = (width - 110) / trace.x.length;
    const round = (v) => String(v < 10 && cell > 28 ? Math.round(v * 10) / 10 : Math.round(v));
    return {
      ...base,
      type: "heatmap",
      y: trace.y.map(plain),
      z: share,
      text: trace.z.map((row) => row.map((v) => v === 0 ? "" : round(v))),
      texttemplate: cell < 15 ? "" : "%{text}",
      textfont: { size: cell > 28 ? 11 : 8 },
      customdata: trace.z,
      zmin: 0,
      zmax: 1,
      colorscale: [[0, report.resolve("card")], [1, style.color]],
      showscale: false,
      xgap: 1,
      ygap: 1,
      hovertemplate: "truth %{y}, detected as %{x}: %{customdata}<extra></extra>",
    };
  }

  const makers = {
    line,
    step: line,
    raw: (_, { style, base }) => ({
      ...base,
      mode: "lines",
      line: { color: report.withAlpha(style.color, 0.22), width: 1 },
      hoverinfo: "skip",
    }),
    cloud: (_, { style, base }) => ({
      ...base,
      mode: "markers",
      marker: {
        color: report.withAlpha(style.color, typeof base.y[0] === "string" ? 0.5 : 0.28),
        size: typeof base.y[0] === "string" ? 9 : 5,
        symbol: style.symbol,
      },
      hoverinfo: typeof base.y[0] === "string" ? undefined : "skip",
    }),
    points: (trace, { style, base }) => ({
      ...base,
      mode: "markers",
      marker: { color: style.color, size: 10, symbol: style.symbol },
      ...errorBars(trace, style.color),
    }),
    bars: (trace, { style, base }) => ({
      ...base,
      type: "bar",
      marker: {
        color: report.withAlpha(style.color, 0.85),
        pattern: {
          shape: style.pattern,
          size: 6,
          solidity: 0.25,
          fillmode: "overlay",
          fgcolor: report.resolve("ground"),
        },
      },
      ...errorBars(trace, report.resolve("soft")),
    }),
    band,
    heat,
  };

  // `width` is the figure's, in pixels.
  function toPlotly(trace, width) {
    const style = report.groupStyle(trace.group);
    const base = {
      type: "scatter",
      name: plain(trace.name),
      x: trace.x.map(plain),
      y: trace.y?.map(plain),
      cliponaxis: trace.kind !== "points",
    };
    return makers[trace.kind](trace, { style, base, width });
  }

  Object.assign(report, { toPlotly, plain });
})(globalThis.report ??= {});
