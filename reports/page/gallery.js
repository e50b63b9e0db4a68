// Test pictures side by side, with what each run found on them and what is there.
(function (report) {
  const SVG = "http://www.w3.org/2000/svg";
  // From this IoU with an object of its class a detection is drawn as right.
  const RIGHT_IOU = 0.5;
  // CSS pixels at which a picture is about shown, by which labels are sized.
  const SHOWN_WIDTH = 240;
  const chosen = new Set();

  function svg(name, attributes, ...children) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function html(name, { className, text }, ...children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    element.append(...children);
    return element;
  }

  function describe(box, picture) {
    const name = picture.classes[box.class];
    if (box.score === undefined) return `${name}: truth${box.crowd ? ", a crowd" : ""}`;
    return `${name}: score ${box.score.toFixed(2)}, IoU ${box.iou.toFixed(2)}`;
  }

  function kindOf(box) {
    if (box.score === undefined) return box.crowd ? "truth crowd" : "truth";
    return box.iou >= RIGHT_IOU ? "right" : "wrong";
  }

  function drawBox(box, { picture, readout }) {
    const [x, y, width, height] = box.box;
    const rect = svg("rect", { x, y, width, height, class: kindOf(box) });
    rect.append(svg("title", {}, describe(box, picture)));
    rect.addEventListener("pointerenter", () => readout.textContent = describe(box, picture));
    rect.addEventListener("pointerleave", () => readout.textContent = readout.dataset.text);
    return rect;
  }

  function drawLabel(box, { picture }) {
    const unit = picture.width / SHOWN_WIDTH;
    const [x, y, width] = box.box;
    const text = picture.classes[box.class];
    const leaves = x + 6.5 * unit * text.length > picture.width;
    return svg("text", {
      x: leaves ? Math.min(x + width, picture.width) : x,
      y: y > 12 * unit ? y - 3 * unit : y + 11 * unit,
      "text-anchor": leaves ? "end" : "start",
      "font-size": 11 * unit,
      "stroke-width": 2.6 * unit,
      class: kindOf(box),
    }, text);
  }

  function countText({ boxes }) {
    const right = boxes.filter((b) => b.iou >= RIGHT_IOU).length;
    return `${right} fit, ${boxes.length - right} do not`;
  }

  function panel(picture, found) {
    const run = report.data.runs[found.run];
    const readout = html("span", { className: "readout", text: countText(found) });
    readout.dataset.text = readout.textContent;
    const context = { picture, readout };
    const { width, height } = picture;
    const drawing = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img" },
      svg("title", {}, `${picture.file}, ${run.label}`),
      svg("image", { href: picture.dataUri, width, height, preserveAspectRatio: "none" }),
      svg("g", { class: "of-truth" }, ...picture.truth.map((b) => drawBox(b, context))),
      svg(
        "g",
        { class: "of-found" },
        ...found.boxes.map((b) => drawBox(b, context)),
        ...found.boxes.map((b) => drawLabel(b, context)),
      ),
    );
    // The title of the whole picture would hide those of its boxes.
    drawing.querySelector("title").remove();
    drawing.setAttribute("aria-label", `${picture.file}, ${run.label}: ${countText(found)}`);
    const name = html("span", { className: "group" });
    const key = document.querySelector(`.keys [data-group="${run.group}"] svg`);
    if (key) name.append(key.cloneNode(true));
    name.append(run.label);
    return html("figure", { className: "panel" }, drawing, html("figcaption", {}, name, readout));
  }

  function boxTable(picture, founds) {
    const rows = founds.flatMap((found) =>
      found.boxes.toReversed().map((box) => [
        report.data.runs[found.run].label,
        picture.classes[box.class],
        box.score.toFixed(3),
        box.iou.toFixed(3),
      ])
    );
    const head = html("tr", {});
    for (const text of ["Run", "Class", "Score", "IoU"]) {
      const cell = html("th", { text });
      cell.scope = "col";
      head.append(cell);
    }
    const body = rows.map((cells) => html("tr", {}, ...cells.map((text) => html("td", { text }))));
    return html("table", {}, html("thead", {}, head), html("tbody", {}, ...body));
  }

  function boxList(picture, founds) {
    const list = html(
      "details",
      { className: "boxes" },
      html("summary", { text: "Boxes as a table" }),
    );
    list.addEventListener("toggle", () => {
      if (list.open && !list.querySelector("table")) list.append(boxTable(picture, founds));
    });
    return list;
  }

  function pictureRow(picture) {
    const founds = picture.found.filter(({ run }) => chosen.has(run));
    const panels = html("div", { className: "panels" }, ...founds.map((f) => panel(picture, f)));
    const objects = picture.truth.length === 1 ? "1 object" : `${picture.truth.length} objects`;
    const title = html("h3", { text: `${picture.file}` });
    const note = html("p", {
      className: "note",
      text: `${picture.dataset}, image ${picture.image}: ${objects}; disagreement ` +
        picture.disagreement.toFixed(2),
    });
    return html("article", { className: "picture" }, title, note, panels, boxList(picture, founds));
  }

  function drawGallery() {
    const place = document.getElementById("gallery");
    place.style.setProperty("--panels", String(Math.max(1, Math.min(4, chosen.size))));
    place.replaceChildren(...report.data.pictures.map(pictureRow));
  }

  function legend() {
    const items = [["truth", "truth"], ["right", "fits (IoU ≥ 0.5)"], ["wrong", "does not fit"]];
    return items.map(([kind, text]) => {
      const mark = svg(
        "svg",
        { viewBox: "0 0 28 18", "aria-hidden": "true" },
        svg("rect", { x: 4, y: 4, width: 20, height: 10, class: kind }),
      );
      return html("span", { className: "box-key" }, mark, text);
    });
  }

  function checkbox(text, { checked, onChange }) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = checked;
    box.addEventListener("change", () => onChange(box.checked));
    return html("label", {}, box, text);
  }

  function runChoice(shown) {
    const list = html("details", { className: "run-choice" });
    list.append(html("summary", { text: "Which runs" }));
    for (const run of shown) {
      list.append(checkbox(report.data.runs[run].label, {
        checked: chosen.has(run),
        onChange: (on) => {
          if (on) chosen.add(run);
          else chosen.delete(run);
          drawGallery();
        },
      }));
    }
    return list;
  }

  function initGallery() {
    const place = document.getElementById("gallery");
    if (!place) return;
    const shown = [...new Set(report.data.pictures.flatMap((p) => p.found.map((f) => f.run)))];
    // The first run of each group is enough to compare; the others can be added.
    const groups = Map.groupBy(shown, (run) => report.data.runs[run].group);
    for (const [first] of groups.values()) chosen.add(first);
    const toggle = (kind, text) =>
      checkbox(text, {
        checked: true,
        onChange: (on) => place.classList.toggle(`hide-${kind}`, !on),
      });
    const controls = document.getElementById("picture-controls");
    controls.append(...legend(), toggle("truth", "show truth"), toggle("found", "show detections"));
    controls.append(toggle("label", "show labels"));
    if (shown.length > 1) controls.append(runChoice(shown));
    drawGallery();
  }

  Object.assign(report, { initGallery });
})(globalThis.report ??= {});
