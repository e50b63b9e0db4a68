// Starts the page.
(function (report) {
  // Lays the page out at the width of paper, so that figures are drawn to fit it.
  const PRINT_CLASS = "printing";

  function beforePrint() {
    document.documentElement.classList.add(PRINT_CLASS);
    for (const part of document.querySelectorAll("details:not(.boxes, .run-choice)")) {
      part.dataset.wasOpen = String(part.open);
      part.open = true;
    }
    report.drawAll();
    report.redraw();
  }

  function afterPrint() {
    document.documentElement.classList.remove(PRINT_CLASS);
    for (const part of document.querySelectorAll("details[data-was-open]")) {
      part.open = part.dataset.wasOpen === "true";
    }
    report.redraw();
  }

  report.data = JSON.parse(document.getElementById("data").textContent);
  report.initPlots();
  report.wireTheme(() => report.redraw());
  report.wireControls();
  report.initGallery();
  report.drawWhenSeen();
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
  report.follow?.();
})(globalThis.report ??= {});
