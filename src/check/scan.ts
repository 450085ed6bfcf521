/** Owns the walk over an expectation's text: words, signs, and the place where it went wrong. */

export class SyntaxFault extends Error {
  readonly at: number;
  readonly wanted: string;

  constructor(at: number, wanted: string) {
    super(wanted);
    this.at = at;
    this.wanted = wanted;
  }
}

export class Scanner {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.#skipBlanks();
  }

  get at(): number {
    return this.#at;
  }

  isAtEnd(): boolean {
    return this.#at >= this.text.length;
  }

  /** Steps over what `form` (sticky) matches here, and blanks after it. */
  take(form: RegExp): string | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.text)?.[0] ?? null;
    if (found === null || found === '') return null;
    this.#at += found.length;
    this.#skipBlanks();
    return found;
  }

  need(form: RegExp, wanted: string): string {
    return this.take(form) ?? this.fail(wanted);
  }

  /** The word that comes next, without stepping over it. */
  peek(form: RegExp): string | null {
    form.lastIndex = this.#at;
    return form.exec(this.text)?.[0] ?? null;
  }

  fail(wanted: string, at = this.#at): never {
    throw new SyntaxFault(at, wanted);
  }

  #skipBlanks(): void {
    while (this.text[this.#at] === ' ' || this.text[this.#at] === '\t') this.#at += 1;
  }
}
