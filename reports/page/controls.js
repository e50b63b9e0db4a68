// Buttons: which view of a figure, linear or logarithmic, downloads, which groups are shown.
(function (report) {
  // Choices whose labels are longer than this together become a list to drop down.
  const BUTTON_LETTERS = 26;

  function button(text, { title, pressed, onClick }) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    if (title) element.title = title;
    if (pressed !== undefined) element.setAttribute("aria-pressed", String(pressed));
    element.addEventListener("click", () => onClick(element));
    return element;
  }

  function viewButtons(state) {
    const group = document.createElement("span");
    group.className = "choice";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "What to show");
    const buttons = state.figure.views.map(({ label }, view) =>
      button(label, {
        pressed: view === 0,
        onClick: () => {
          state.view = view;
          buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(i === view)));
          report.draw(state.figure.id);
        },
      })
    );
    group.append(...buttons);
    return group;
  }

  function viewList(state) {
    const list = document.createElement("select");
    list.setAttribute("aria-label", "What to show");
    state.figure.views.forEach(({ label }, view) => list.add(new Option(label, String(view))));
    list.addEventListener("change", () => {
      state.view = Number(list.value);
      report.draw(state.figure.id);
    });
    return list;
  }

  function viewChoice(state) {
    const letters = state.figure.views.reduce((sum, { label }) => sum + label.length, 0);
    return letters > BUTTON_LETTERS ? viewList(state) : viewButtons(state);
  }

  function logSwitch(state) {
    return button("log", {
      title: "Logarithmic axis",
      pressed: report.isLog(state),
      onClick: (element) => {
        state.log = !report.isLog(state);
        element.setAttribute("aria-pressed", String(state.log));
        report.draw(state.figure.id);
      },
    });
  }

  function wireFigure(state) {
    const { figure, element } = state;
    const tools = element.querySelector(".tools");
    if (figure.views.length > 1) tools.append(viewChoice(state));
    if (figure.y.scale) tools.append(logSwitch(state));
    // The state's figure, not this one: a live page replaces it.
    tools.append(
      button("CSV", {
        title: `Save the data of ${figure.title} as CSV`,
        onClick: () => report.saveCsv(state.figure),
      }),
      button("JSON", {
        title: `Save the data of ${figure.title} as JSON`,
        onClick: () => report.saveJson(figure.id, state.figure),
      }),
    );
  }

  function wireKeys() {
    for (const key of document.querySelectorAll(".key[data-group]")) {
      key.addEventListener("click", () => {
        const shown = key.getAttribute("aria-pressed") !== "true";
        key.setAttribute("aria-pressed", String(shown));
        report.setGroupShown(Number(key.dataset.group), shown);
      });
    }
  }

  function wireContents() {
    const links = new Map(
      [...document.querySelectorAll(".bar nav a")].map((a) => [a.hash.slice(1), a]),
    );
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        const link = links.get(target.id);
        if (!isIntersecting || !link) continue;
        for (const other of links.values()) other.removeAttribute("aria-current");
        link.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-25% 0px -70% 0px" });
    document.querySelectorAll("main section").forEach((s) => watcher.observe(s));
  }

  function wireControls() {
    for (const state of report.states.values()) wireFigure(state);
    wireKeys();
    wireContents();
    document.querySelector(".all-data")?.append(
      button("All of the page's data as JSON", {
        onClick: () => report.saveJson("report", report.data),
      }),
    );
  }

  Object.assign(report, { wireControls, button });
})(globalThis.report ??= {});
