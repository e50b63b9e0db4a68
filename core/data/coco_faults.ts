/**
 * What can be wrong with the entries of a COCO file, gathered instead of thrown: a set of 100,000
 * boxes with three bad ones should train, and say so.
 * @module
 */

/** Kinds of faults, with what becomes of such an entry. */
export const FAULT_KINDS = {
  image_malformed: "images without a usable id, file_name, width or height (left out)",
  image_duplicate_id: "images whose id appeared before (left out)",
  category_malformed: "categories without a usable id or name (left out)",
  category_duplicate_id: "categories whose id appeared before (left out)",
  annotation_malformed: "annotations without a usable id or four-number bbox (left out)",
  annotation_duplicate_id: "annotations whose id appeared before (left out)",
  unknown_image: "annotations of an image that is not in the file (left out)",
  unknown_category: "annotations of a category that is not in the file (left out)",
  box_not_finite: "boxes holding NaN or infinity (left out)",
  box_negative_size: "boxes of negative width or height (left out)",
  box_empty: "boxes of width or height 0 (not trained on)",
  box_outside: "boxes wholly outside their image (not trained on)",
  box_beyond_edge: "boxes that reach over their image's edge by more than a pixel (clipped)",
} as const;

/** One of {@link FAULT_KINDS}. */
export type FaultKind = keyof typeof FAULT_KINDS;

/** One bad entry: the id that it states (or its position, as `#3`), and what was found. */
export interface Fault {
  readonly kind: FaultKind;
  readonly id: number | string;
  readonly detail: string;
}

/** How many ids of a kind a summary names. */
const NAMED = 5;

/** The bad entries of one annotation file, in the file's order within each kind. */
export class FaultList {
  readonly #faults: Fault[] = [];

  /** Notes one bad entry. */
  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** Every bad entry. */
  get all(): readonly Fault[] {
    return this.#faults;
  }

  /** Number of bad entries. */
  get total(): number {
    return this.#faults.length;
  }

  /** For every kind that occurs: how often, and the ids of its first five. */
  summary(): { kind: FaultKind; count: number; firstIds: (number | string)[] }[] {
    const kinds = Object.keys(FAULT_KINDS) as FaultKind[];
    return kinds.flatMap((kind) => {
      const faults = this.#faults.filter((fault) => fault.kind === kind);
      if (faults.length === 0) return [];
      const firstIds = faults.slice(0, NAMED).map((fault) => fault.id);
      return [{ kind, count: faults.length, firstIds }];
    });
  }

  /** The summary as text, a line a kind or as `separator` says; empty where nothing is wrong. */
  format(separator = "\n"): string {
    return this.summary().map(({ kind, count, firstIds }) => {
      const more = count > firstIds.length ? ", …" : "";
      return `${count} ${FAULT_KINDS[kind]}: id ${firstIds.join(", ")}${more}`;
    }).join(separator);
  }
}
