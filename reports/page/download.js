// A figure's data as a file, made here: nothing is asked of anyone.
(function (report) {
  // A text that a spreadsheet would take for a formula is kept a text.
  function cell(value) {
    if (value === undefined || value === null) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }

  function rowsOf(trace) {
    if (trace.z) {
      return trace.z.flatMap((row, r) => row.map((z, c) => [trace.x[c], trace.y[r], "", "", z]));
    }
    return trace.x.map((x, i) => [x, trace.y?.[i], trace.lower?.[i], trace.upper?.[i], ""]);
  }

  function toCsv(figure) {
    const rows = figure.views.flatMap((view) =>
      view.traces.flatMap((trace) =>
        rowsOf(trace).map((row) => [view.label, trace.name, trace.kind, ...row])
      )
    );
    const head = ["view", "name", "kind", "x", "y", "lower", "upper", "z"];
    return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  function save(name, { text, type }) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  function saveCsv(figure) {
    save(`${figure.id}.csv`, { text: toCsv(figure), type: "text/csv" });
  }

  function saveJson(name, value) {
    save(`${name}.json`, { text: JSON.stringify(value, null, 1), type: "application/json" });
  }

  Object.assign(report, { toCsv, saveCsv, saveJson });
})(globalThis.report ??= {});
