// Colours, line styles and markers: one of each for every group, the same in all figures.
(function (report) {
  const PALETTE = 8;
  const DASHES = [
    "dash",
    "solid",
    "dot",
    "dashdot",
    "longdash",
    "longdashdot",
    "5px,3px",
    "1px,3px",
  ];
  const SYMBOLS = [
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "triangle-down",
    "cross",
    "star",
    "hexagon2",
  ];
  const PATTERNS = ["", "/", ".", "x", "-", "|", "+", "\\"];
  const THEMES = ["auto", "light", "dark"];
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  // light-dark() has a value only where it is used, hence the probe.
  function resolve(name) {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  }

  function withAlpha(color, alpha) {
    const [r, g, b] = color.match(/[\d.]+/g);
    return `rgba(${r},${g},${b},${alpha})`;
  }

  function groupStyle(index) {
    const group = report.data.groups[index];
    const place = group === undefined ? 1 : group.color % PALETTE;
    return {
      color: resolve(`c${place}`),
      dash: DASHES[place],
      symbol: SYMBOLS[place],
      pattern: PATTERNS[place],
    };
  }

  function setTheme(name) {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    const button = document.getElementById("theme");
    button.textContent =
      { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[name];
  }

  function wireTheme(onChange) {
    let chosen = 0;
    setTheme(THEMES[chosen]);
    document.getElementById("theme").addEventListener("click", () => {
      chosen = (chosen + 1) % THEMES.length;
      setTheme(THEMES[chosen]);
      onChange();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  }

  Object.assign(report, { resolve, withAlpha, groupStyle, wireTheme });
})(globalThis.report ??= {});
