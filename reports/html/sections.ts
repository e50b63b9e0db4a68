/**
 * The parts of the page, in the order in which they are read.
 * @module
 */

import { ERROR_KINDS, type ErrorKind } from "../../core/eval/mod.ts";
import { escapeHtml } from "../escape.ts";
import type { LoadedReport } from "../load.ts";
import type { SectionId } from "../types.ts";
import { figureGrid, notes, section } from "./elements.ts";
import { headlineTable } from "./headline.ts";
import { classTable, provenanceHtml } from "./provenance.ts";

/** A part of the page. */
export interface Section {
  readonly id: string;
  /** Its name in the contents bar. */
  readonly short: string;
  /** Empty where there is nothing to show. */
  readonly html: string;
}

const ERROR_MEANINGS: Readonly<Record<ErrorKind, string>> = {
  localisation: "right class, but the box's IoU with the object lies between 0.1 and 0.5",
  classification: "IoU of 0.5 or more with an object of another class",
  duplicate: "right class and box, but a surer detection has the object already",
  background: "IoU below 0.1 with every object",
  both: "IoU between 0.1 and 0.5 with an object of another class only",
  missed: "an object that nothing found, and that no localisation or classification error is about",
};

/** All parts; those without content have empty HTML. */
export function sectionsOf(report: LoadedReport): Section[] {
  const { datasets } = report;
  const tables = datasets.length === 0
    ? headlineTable(report, undefined)
    : datasets.map((dataset) => headlineTable(report, dataset)).join("");
  return [
    {
      id: "results",
      short: "Results",
      html: section("results", {
        title: "Results",
        body: tables + notes([...intervalNote(report), ...inferenceNotes(report)]) +
          grid(report, "answer"),
      }),
    },
    part(report, {
      id: "iou",
      short: "AP by IoU",
      title: "How well boxes fit",
      lead: "Dynamic training is meant to win on the right, where boxes must fit closely to count.",
    }),
    part(report, {
      id: "dynamics",
      short: "Dynamics",
      title: "The dynamics",
      lead: "As proposals get better, training may ask for more: the IoU that makes a proposal " +
        "positive rises, and the β of the box loss falls, so that the small errors of good boxes " +
        "weigh more.",
    }),
    part(report, {
      id: "training",
      short: "Training",
      title: "The course of the training",
      lead: "Smoothed over a 30th of the run, mean of the seeds, each run's raw values behind. " +
        "Drag to look closer, double-click to go back.",
    }),
    {
      id: "detail",
      short: "Detail",
      html: section("detail", { title: "In detail", body: detailBody(report) }),
    },
    {
      id: "pictures",
      short: "Pictures",
      html: section("pictures", { title: "Pictures", body: picturesBody(report) }),
    },
    {
      id: "provenance",
      short: "Provenance",
      html: section("provenance", {
        title: "How it was made",
        body: provenanceHtml(report) + `<p class="tools all-data"></p>`,
      }),
    },
  ];
}

function part(
  report: LoadedReport,
  { id, short, title, lead }: { id: SectionId; short: string; title: string; lead?: string },
): Section {
  return { id, short, html: section(id, { title, lead, body: grid(report, id) }) };
}

function grid({ data }: LoadedReport, id: SectionId): string {
  return figureGrid(data.figures.filter((f) => f.section === id));
}

/** Why the table's intervals are narrower than the answer's. */
function intervalNote({ data, placed: { groups } }: LoadedReport): string[] {
  const isJudged = data.dataset !== undefined && groups.some((g) => g.runs.length > 1);
  if (groups.length < 3 || !isJudged) return [];
  return [
    "Below Δ AP: the 95\u00a0% interval of each difference by itself. The answer above is about the " +
    "best of several, so it corrects for having chosen.",
  ];
}

/** What the evaluation itself had to say, each sentence once. */
function inferenceNotes({ placed: { runs } }: LoadedReport): string[] {
  const said = runs.flatMap((run) =>
    run.inference.flatMap((i) => i.notes.map((note) => `${i.dataset}: ${note}`))
  );
  return [...new Set(said)];
}

function detailBody(report: LoadedReport): string {
  const tables = report.datasets.map((dataset) => classTable(report, dataset)).join("");
  const hasErrors = report.data.figures.some((f) => f.id.startsWith("errors_"));
  return grid(report, "detail") + (hasErrors ? errorMeanings() : "") + tables;
}

function errorMeanings(): string {
  const rows = ERROR_KINDS.map((kind) =>
    `<dt>${kind}</dt><dd>${escapeHtml(ERROR_MEANINGS[kind])}</dd>`
  );
  return `<details><summary>What the kinds of error mean</summary><p>Each detection that finds ` +
    `nothing makes one error, the first of these that fits. Costs are what AP50 gains where an ` +
    `oracle mends one kind alone; they do not add up, since errors hide one another. Definitions: ` +
    `Bolya, Foley, Hays, Hoffman: TIDE: A General Toolbox for Identifying Object Detection Errors, ` +
    `ECCV 2020.</p><dl>${rows.join("")}</dl></details>`;
}

function picturesBody({ data, placed }: LoadedReport): string {
  if (data.pictures.length === 0) return "";
  const order = placed.runs.length > 1
    ? "The test images on which the runs differ most, the most disputed first: hard cases, not " +
      "typical ones."
    : "The test images on which the run is furthest from the truth: hard cases, not typical ones.";
  return `<p class="lead">${order} Point at a box for its class, score and IoU with the nearest ` +
    `object of that class; the table below each picture has them all.</p>` +
    `<div class="controls" id="picture-controls"></div><div id="gallery"></div>`;
}
