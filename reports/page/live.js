// Asks the run's own server for what is new until the run is over.
(function (report) {
  const PERIOD = 2000;
  // A server that does not answer so often in a row is gone.
  const PATIENCE = 5;

  function show(text, progress) {
    const place = document.getElementById("live-status");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = progress ?? 0;
    place.replaceChildren(...(progress === undefined ? [] : [bar]), text);
  }

  function take({ figures }) {
    for (const figure of figures) {
      const state = report.states.get(figure.id);
      // A figure that the page has no place for: it is made anew with one.
      if (!state) return location.reload();
      state.figure = figure;
      if (state.drawn) report.draw(figure.id);
      const place = report.data.figures.findIndex((f) => f.id === figure.id);
      report.data.figures[place] = figure;
    }
  }

  async function follow() {
    let [version, failures] = [0, 0];
    while (failures < PATIENCE) {
      try {
        const answer = await fetch(`update.json?after=${version}`, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.statusText);
        const update = await answer.json();
        failures = 0;
        version = update.version;
        take(update);
        show(update.status, update.progress);
        if (update.over) return;
      } catch {
        failures++;
      }
      await new Promise((done) => setTimeout(done, PERIOD));
    }
    show("The run's server is gone; this is the last that it told.");
  }

  Object.assign(report, { follow });
})(globalThis.report ??= {});
