/** Owns what colours mean in a report; every meaning is there without colour too. */

type Paint = (text: string) => string;

export interface Palette {
  readonly heading: Paint;
  readonly name: Paint;
  readonly allowed: Paint;
  readonly audited: Paint;
  readonly denied: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  readonly bad: Paint;
  readonly quiet: Paint;
}

const plain: Paint = (text) => text;

export const plainPalette: Palette = {
  heading: plain,
  name: plain,
  allowed: plain,
  audited: plain,
  denied: plain,
  good: plain,
  warning: plain,
  bad: plain,
  quiet: plain,
};
